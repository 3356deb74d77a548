"""Names of settings that some version of W&B's client had (0.12 to 0.31), and that have no effect here.

They are accepted in code, so that programs written for any of these versions work; `init()` reports them once.
"""

from __future__ import annotations

from typing import Final

from wandb_nb.settings import value_types
from wandb_nb.settings.field import Field

_NAMES: Final = (
    "allow_media_symlink", "allow_offline_artifacts", "app_url_override", "azure_account_url_to_access_key",
    "capture_loggers", "colab_url", "deployment", "disable_git_fork_point", "disable_hints", "disable_job_creation",
    "disabled", "files_dir", "finish_timeout_raises", "is_local", "job_name", "job_source", "label_disable",
    "launch", "launch_config_path", "log_dir", "log_internal", "log_symlink_internal", "log_symlink_user",
    "log_user", "problem", "program_abspath", "program_relpath", "project_url", "relogin", "resume_fname",
    "resumed", "run_mode", "run_url", "sagemaker_disable", "settings_system", "settings_workspace", "stop_fn",
    "stop_on_fatal_error", "strict", "summary_errors", "summary_warnings", "sweep_url", "sync_dir", "sync_file",
    "sync_symlink_latest", "system_sample", "system_sample_seconds", "table_raise_on_max_row_limit_exceeded",
    "timespec", "tmp_dir", "use_dot_wandb", "wandb_dir",
)  # fmt: skip
# Written `x_...` since 0.19, `_...` before.
_INTERNAL_NAMES: Final = (
    "args", "async_upload_concurrency_limit", "aws_lambda", "cli_only_mode", "code_path_local", "colab", "console",
    "cuda", "disable_service", "disable_setproctitle", "disable_update_check", "disable_viewer", "except_exit",
    "executable", "file_stream_max_bytes", "file_stream_max_line_bytes", "file_uploader_retry_max",
    "file_uploader_retry_wait_max_seconds", "file_uploader_retry_wait_min_seconds", "file_uploader_timeout_seconds",
    "files_dir", "flow_control_custom", "flow_control_disabled", "history_value_encoding", "internal_check_process",
    "internal_queue_timeout", "ipython", "jupyter", "jupyter_name", "jupyter_path", "jupyter_root", "kaggle",
    "label", "live_policy_rate_limit", "live_policy_wait_time", "log_level", "network_buffer", "noop", "notebook",
    "offline", "os", "platform", "proxies", "python", "require_core", "require_legacy_service", "require_nexus",
    "require_service", "runqueue_item_id", "server_side_derived_summary", "server_side_expand_glob_metrics",
    "service_transport", "shared", "show_operation_stats", "skip_transaction_log", "start_datetime", "start_time",
    "stats_buffer_size", "stats_coreweave_metadata_base_url", "stats_coreweave_metadata_endpoint",
    "stats_cpu_count", "stats_cpu_logical_count", "stats_dcgm_exporter", "stats_gpu_count", "stats_gpu_device_ids",
    "stats_gpu_type", "stats_join_assets", "stats_neuron_monitor_config_path", "stats_no_cgroup",
    "stats_open_metrics_endpoints", "stats_open_metrics_filters", "stats_open_metrics_http_headers", "stats_pid",
    "stats_samples_to_average", "stats_self_usage", "stats_track_process_tree", "sync", "sync_dir_suffix",
    "tmp_code_dir", "tracelog", "transaction_log_flush_interval", "unsaved_keys", "windows",
)  # fmt: skip


def _field(name: str) -> Field[object, object]:
    field: Field[object, object] = Field(value_types.anything, None, "No effect here", secret=True)  # perhaps a key
    field.name = name
    return field


OFFICIAL: Final = {
    name: _field(name) for name in (*_NAMES, *(f"{prefix}{name}" for name in _INTERNAL_NAMES for prefix in ("x_", "_")))
}
