"""What is drawn: series and their decimation, the message a browser reads, pictures and text of a run."""
