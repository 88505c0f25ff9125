// The states of an installed plugin, as the admin API, its events and the metrics name them. This list is the only one.

export const PLUGIN_STATES = [
  /** The administrator has switched it off, or the server runs in safe mode. */
  'disabled',
  /** A release asks for more than was approved; the one before serves on, when there is one. */
  'waiting-approval',
  /** It serves; its backend starts with the next request. */
  'idle',
  'starting',
  'running',
  /** A setting is missing or not valid. */
  'misconfigured',
  /** It did not load. */
  'failed',
  /** It failed too often and was stopped. */
  'quarantined',
] as const

export type PluginState = (typeof PLUGIN_STATES)[number]
