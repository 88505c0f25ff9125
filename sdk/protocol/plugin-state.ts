// The states of an installed plugin, as the admin API, its events and the metrics name them. This list is the only one.

export const PLUGIN_STATES = [
  /** Switched off by the administrator, or the server runs in safe mode. */
  'disabled',
  /** A release requests more than was approved. The previous release, if there is one, still serves. */
  'waiting-approval',
  /** It serves; the next request starts its backend. */
  'idle',
  'starting',
  'running',
  /** A setting is missing or invalid. */
  'misconfigured',
  /** Loading failed. */
  'failed',
  /** It failed too often and was stopped. */
  'quarantined',
] as const

export type PluginState = (typeof PLUGIN_STATES)[number]
