"""What two or more runs differ in, wherever they come from, as message, picture, HTML and text."""
