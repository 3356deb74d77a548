"""`run.widget()`: a run as an ipywidget, whose traits follow the run and can be observed and linked.

Its modules load ipywidgets, which takes long, so they are imported only when somebody asks for a widget. The automatic
panel does not use them; its widget is in `wandb_nb.notebook.panel`.
"""
