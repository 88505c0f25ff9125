// What is done otherwise while a plugin is being developed. The composition root chooses once; everybody else asks for the one
// thing that he does.

export interface Policy {
  /** Assets get compressed copies. */
  readonly compress: boolean
  /** What is installed is on disk before it serves. Without it a power cut may cost the last saves, and never the folder. */
  readonly flush: boolean
  /** V8's code caches are made of backends, and browsers keep what has a hash in its name. */
  readonly cache: boolean
  /**
   * Releases stay until the plugin goes. Otherwise every content is a release of its own, recorded as
   * `<version>+dev.<8 hex of its hash>`, lower versions need no `downgrade`, and the oldest are forgotten.
   */
  readonly keepReleases: boolean
  /** Pages load the client script of `plugbay dev`. */
  readonly pageClient: boolean
  /** Lines of plugins go to the log of the server too. */
  readonly logPlugins: boolean
}

export const PRODUCTION: Policy = {
  compress: true,
  flush: true,
  cache: true,
  keepReleases: true,
  pageClient: false,
  logPlugins: true,
}

/** The next save makes it all worthless. */
export const DEVELOPMENT: Policy = {
  compress: false,
  flush: false,
  cache: false,
  keepReleases: false,
  pageClient: true,
  // "plugbay dev" prints the log of the plugin.
  logPlugins: false,
}
