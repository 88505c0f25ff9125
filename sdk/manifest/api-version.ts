// The version of the API that plugins are written for: the manifest, env and the globals of the guest.

/** Compared with "engines.plugbay" of a manifest. */
export const PLUGIN_API_VERSION = '1.0.0'
