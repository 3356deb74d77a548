"""`init(magic=True)`: fits of scikit-learn, XGBoost, LightGBM and Keras are recorded with no further call.

`hooks` replaces the functions of the libraries and gives them back when the run finishes. `recorded_runs` knows which
run records, `nested_fits` which fits are a part of another. `estimator_hooks`, `booster_trainings` and `keras_fits` are
about the libraries, `program_arguments` about the program's options. No library is imported here. May import
`wandb_nb.integration` and what is below it. Next: `wandb_nb._api`.
"""
