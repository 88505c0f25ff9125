// The version of what plugins are written against: the manifest, env and the globals of the guest.

/** "engines.plugbay" of a manifest is compared with this. */
export const PLUGIN_API_VERSION = '1.0.0'
