"""The table of all settings, one line each. `docs/settings.md` is generated from it.

Every setting can be given as `Settings(name=...)`, as `WANDB_<NAME>` in the environment, and as `name = value` in a
settings file; `argument` is its name in `init()` if that differs. The text is one sentence without a full stop.
"""

from __future__ import annotations

from pathlib import Path

from wandb_nb.settings import value_types
from wandb_nb.settings.field import Field


class FieldsWithoutEffect:
    """Settings that are accepted, so that scripts and files written for the original work; nothing reads them."""

    __slots__ = ()

    organization = Field(value_types.text, None, "Organization that the entity belongs to")
    sweep_param_path = Field(value_types.path, None, "File with the parameters chosen by the sweep")
    app_url = Field(value_types.url, None, "Address of the server's web pages, if it differs")
    identity_token_file = Field(value_types.path, None, "File with an identity token to log in with")
    credentials_file = Field(value_types.path, None, "File in which access tokens are stored")
    data_dir = Field(value_types.path, None, "Folder for files waiting to be uploaded")
    cache_dir = Field(value_types.path, None, "Folder for downloaded artifact files")
    show_colors = Field(value_types.boolean, None, "Whether to colour text; by default on a terminal")
    show_emoji = Field(value_types.boolean, None, "Whether text may contain emoji")
    show_errors = Field(value_types.boolean, True, "Whether to print errors")
    debug = Field(value_types.boolean, False, "Whether to write verbose logs")
    summary_timeout = Field(value_types.seconds, 60.0, "Seconds to wait for the summary from the server")


class Fields(FieldsWithoutEffect):
    """Every setting as a typed attribute."""

    __slots__ = ("_values",)

    _values: dict[str, object]

    # Run
    entity = Field(value_types.text, None, "User or team that owns the run")
    project = Field(value_types.text, None, "Project of the run; `uncategorized` by default")
    run_id = Field(value_types.text, None, "Id of the run, unique in its project", argument="id")
    run_name = Field(
        value_types.text, None, "Display name; two words and a number by default", argument="name", env=("WANDB_NAME",)
    )
    run_notes = Field(value_types.text, None, "Longer description of the run", argument="notes", env=("WANDB_NOTES",))
    run_tags = Field(value_types.words, None, "Labels of the run", argument="tags", env=("WANDB_TAGS",))
    run_group = Field(value_types.text, None, "Experiment to which several runs belong", argument="group")
    run_job_type = Field(
        value_types.text, None, "Kind of job, such as train or eval", argument="job_type", env=("WANDB_JOB_TYPE",)
    )
    reinit = Field(value_types.reinit, "default", "What a second `init()` does while a run is active")
    resume = Field(value_types.resume, None, "Whether to continue the run of this id")
    resume_from = Field(value_types.moment, None, "Step of this run to rewind to before continuing")
    fork_from = Field(value_types.moment, None, "Step of another run to branch from")
    rerun = Field(value_types.rerun, "new", "What a notebook's `init` cell does when it is executed again")
    allow_val_change = Field(value_types.boolean, None, "Whether config keys may change; by default in notebooks only")
    config_paths = Field(value_types.paths, (), "YAML or JSON files to read config from")
    config_exclude_keys = Field(value_types.words, None, "Keys of `config` to leave out")
    config_include_keys = Field(value_types.words, None, "Keys of `config` to use; all others are left out")
    sweep_id = Field(value_types.text, None, "Sweep that the run belongs to")

    # Mode and account
    mode = Field(
        value_types.mode,
        "online",
        "Where data goes; with `shared` processes that give the same id log to one run; `run` and `dryrun` are older "
        "names of the first two",
    )
    x_primary = Field(
        value_types.boolean,
        True,
        "Whether this process may start a shared run; otherwise it waits for another",
    )
    x_update_finish_state = Field(
        value_types.boolean, True, "Whether this process may end a shared run; false means the same as for `x_primary`"
    )
    force = Field(value_types.boolean, False, "Whether a missing login is an error; otherwise the run is offline")
    anonymous = Field(
        value_types.anonymous,
        "never",
        "Whether to run without an account, or with an anonymous one where the server gives it",
    )
    api_key = Field(value_types.text, None, "API key of the account; `login()` stores it", secret=True)
    base_url = Field(value_types.url, "https://api.wandb.ai", "Address of the server")
    login_timeout = Field(value_types.seconds, None, "Seconds to wait at the prompt for a key")

    # Files
    root_dir = Field(value_types.path, Path(), "Folder that holds `wandb/`", argument="dir", env=("WANDB_DIR",))
    artifact_dir = Field(value_types.path, None, "Folder that artifacts are downloaded to")
    artifact_store_limit = Field(
        value_types.size,
        None,
        "Size of the artifact store above which a run that used it deletes what no version needs, at its end",
    )
    config_dir = Field(value_types.path, None, "Folder of the user's `settings` file")
    ignore_globs = Field(value_types.words, (), "Patterns of files in the run's folder that are not uploaded")
    symlink = Field(value_types.boolean, True, "Whether to maintain the `latest-run` link")
    on_store_error = Field(value_types.store_error, "warn", "How `log()` reacts to a full disk or an I/O error")

    # Code and environment
    save_code = Field(
        value_types.boolean, None, "Whether to save code with the run; by default the account's setting decides"
    )
    disable_code = Field(value_types.boolean, False, "Whether to save no code at all, regardless of other settings")
    code_dir = Field(value_types.path, None, "Folder whose code `log_code()` saves")
    disable_git = Field(value_types.boolean, False, "Whether to record no Git information")
    git_root = Field(value_types.path, None, "Root of the Git repository, if it is not found automatically")
    git_remote = Field(value_types.text, "origin", "Git remote whose address is recorded")
    git_remote_url = Field(value_types.text, None, "Address to record instead of that of the remote")
    git_commit = Field(value_types.text, None, "Commit to record instead of the one that is checked out")
    program = Field(value_types.text, None, "Script of the run, if it is not found automatically")
    program_args = Field(
        value_types.arguments, None, "Command line to record instead of the real one", env=("WANDB_ARGS",)
    )
    notebook_name = Field(value_types.text, None, "Path of the notebook, if it is not found automatically")
    host = Field(value_types.text, None, "Host name to record")
    username = Field(value_types.text, None, "User name to record")
    email = Field(value_types.text, None, "Email address to record", env=("WANDB_USER_EMAIL",))
    docker = Field(value_types.text, None, "Docker image to record")
    x_disable_meta = Field(value_types.boolean, False, "Whether to record nothing about the machine and program")
    x_disable_machine_info = Field(value_types.boolean, False, "Whether to record nothing about the machine")
    x_save_requirements = Field(value_types.boolean, True, "Whether to save the list of installed packages")
    x_disable_stats = Field(value_types.boolean, False, "Whether to record no system metrics")
    x_stats_sampling_interval = Field(
        value_types.seconds,
        10.0,
        "Seconds between two samples of system metrics",
        aliases=("_stats_sample_rate_seconds",),
    )
    x_stats_disk_paths = Field(value_types.paths, (Path("/"),), "Paths whose disk usage is sampled")

    # Output
    silent = Field(value_types.boolean, False, "Whether to print and display nothing at all")
    quiet = Field(
        value_types.boolean,
        False,
        "Whether to print only one line at the start and one at the end, and show the panel only on request",
    )
    display = Field(value_types.boolean, None, "Whether `init()` shows the live panel; by default in notebooks")
    saved_media = Field(
        value_types.saved_media,
        "steps",
        "Which media a saved notebook holds as small pictures: the newest of each metric and a few steps before, only "
        "the newest, or none",
    )
    text_output = Field(value_types.boolean, True, "Whether `init()` and `finish()` print lines outside notebooks")
    show_info = Field(value_types.boolean, True, "Whether to print the lines at the start and end of a run")
    show_warnings = Field(value_types.boolean, True, "Whether to print warnings")
    max_end_of_run_history_metrics = Field(value_types.count, 10, "Maximum number of sparklines at the end of a run")
    max_end_of_run_summary_metrics = Field(value_types.count, 10, "Maximum number of summary lines at the end of a run")
    console = Field(value_types.console, "auto", "How printed output is captured")
    console_multipart = Field(value_types.boolean, False, "Whether captured output is stored in parts in `logs/`")
    console_chunk_max_bytes = Field(value_types.count, 0, "Size at which a new part of the output begins; 0: no limit")
    console_chunk_max_seconds = Field(
        value_types.seconds, 0.0, "Age at which a new part of the output begins; 0: no limit"
    )
    stop_on_request = Field(value_types.boolean, True, "Whether the Stop button may interrupt training")

    # Integrations
    sync_tensorboard = Field(
        value_types.boolean, False, "Whether to record data written for TensorBoard", aliases=("tensorboard",)
    )
    monitor_gym = Field(value_types.boolean, False, "Whether to record the videos of a Gym environment")
    magic = Field(
        value_types.magic,
        False,
        "Whether to record the fits of libraries with no further call",
    )

    # Background process and network
    start_method = Field(
        value_types.start_method, "process", "How the background process is started; `thread` on Colab"
    )
    init_timeout = Field(value_types.seconds, 90.0, "Seconds to wait at `init()` for a server that answers")
    unreachable_timeout = Field(value_types.seconds, 5.0, "Seconds to wait at `init()` for one that does not answer")
    finish_timeout = Field(value_types.seconds, 60.0, "Seconds to wait for the upload at `finish()`; 0: no limit")
    heartbeat_seconds = Field(value_types.seconds, 30.0, "Seconds between two heartbeats to the server")
    insecure_disable_ssl = Field(value_types.boolean, False, "Whether to skip the check of the server's certificate")
    http_proxy = Field(value_types.text, None, "Proxy for http", secret=True)
    https_proxy = Field(value_types.text, None, "Proxy for https", secret=True)
    x_extra_http_headers = Field(value_types.text_map, None, "HTTP headers added to each request", secret=True)
    x_graphql_timeout_seconds = Field(
        value_types.seconds, 20.0, "Timeout of one query in seconds", env=("WANDB_HTTP_TIMEOUT",)
    )
    x_graphql_retry_max = Field(value_types.count, 20, "Maximum number of retries of a query")
    x_graphql_retry_wait_min_seconds = Field(
        value_types.seconds, 2.0, "Shortest wait before a retry of a query, in seconds"
    )
    x_graphql_retry_wait_max_seconds = Field(
        value_types.seconds, 60.0, "Longest wait before a retry of a query, in seconds"
    )
    x_file_stream_transmit_interval = Field(value_types.seconds, 15.0, "Seconds between two posts of rows")
    x_file_stream_no_gzip = Field(value_types.boolean, True, "Whether to send rows uncompressed")
    x_file_stream_timeout_seconds = Field(value_types.seconds, 180.0, "Timeout of one post of rows in seconds")
    x_file_stream_retry_max = Field(value_types.count, 10085, "Maximum number of retries of a post of rows")
    x_file_stream_retry_wait_min_seconds = Field(
        value_types.seconds, 2.0, "Shortest wait before a retry of a post, in seconds"
    )
    x_file_stream_retry_wait_max_seconds = Field(
        value_types.seconds, 60.0, "Longest wait before a retry of a post, in seconds"
    )
    x_file_transfer_timeout_seconds = Field(
        value_types.seconds, None, "Timeout of one file transfer in seconds", env=("WANDB_FILE_PUSHER_TIMEOUT",)
    )
    x_file_transfer_retry_max = Field(value_types.count, 20, "Maximum number of retries of a file transfer")
    x_file_transfer_retry_wait_min_seconds = Field(
        value_types.seconds, 2.0, "Shortest wait before a retry of a transfer, in seconds"
    )
    x_file_transfer_retry_wait_max_seconds = Field(
        value_types.seconds, 60.0, "Longest wait before a retry of a transfer, in seconds"
    )
    x_service_wait = Field(value_types.seconds, 30.0, "Seconds to wait for the background process to start")
    error_reporting = Field(value_types.boolean, True, "Whether to record in the run which features it uses")


FIELDS: dict[str, Field[object, object]] = {
    name: field
    for owner in (Fields, FieldsWithoutEffect)
    for name, field in vars(owner).items()
    if isinstance(field, Field)
}
BY_NAME = {name: field for field in FIELDS.values() for name in field.names}
BY_VARIABLE = {variable: field for field in FIELDS.values() for variable in field.env}
