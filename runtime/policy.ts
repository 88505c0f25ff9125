// Differences between production and development. The composition root chooses once; every other part reads the one field that
// it needs.

export interface Policy {
  /** Assets get compressed copies. */
  readonly compress: boolean
  /** A release is flushed to disk before it serves. Without it a power cut may lose the last saves, but never the folder. */
  readonly flush: boolean
  /** V8's code caches are made for backends, and browsers keep files with a hash in their name. */
  readonly cache: boolean
  /**
   * Releases are kept until the plugin is uninstalled. Otherwise every content is a release of its own, recorded as
   * `<version>+dev.<8 hex of its hash>`, lower versions need no `downgrade`, and the oldest are removed.
   */
  readonly keepReleases: boolean
  /** Pages load the client script of `plugbay dev`. */
  readonly pageClient: boolean
  /** Texts that stand in for missing messages are marked. */
  readonly marksMissing: boolean
  /** The log says at the start which variables are of no setting. `plugbay dev` says it after a build: before the first, nothing is known. */
  readonly reportsSettings: boolean
  /** Log lines of plugins also go to the server's log. */
  readonly logPlugins: boolean
  /** What plugins do is recorded in memory, for the page "Development". */
  readonly records: boolean
}

export const PRODUCTION: Policy = {
  compress: true,
  flush: true,
  cache: true,
  keepReleases: true,
  pageClient: false,
  marksMissing: false,
  reportsSettings: true,
  logPlugins: true,
  records: false,
}

/** The next save makes all of it worthless. */
export const DEVELOPMENT: Policy = {
  compress: false,
  flush: false,
  cache: false,
  keepReleases: false,
  pageClient: true,
  marksMissing: true,
  reportsSettings: false,
  // "plugbay dev" prints the log of the plugin itself.
  logPlugins: false,
  records: true,
}
