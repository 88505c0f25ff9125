// env.secrets: settings of the format "secret", as handles. The plugin uses a secret and never sees it.

/**
 * Stands for the value of one secret setting, in headers of fetch() only: the runtime puts the value in its place when the
 * request leaves for a granted origin. As text it is a placeholder, so that `Bearer ${env.secrets.apiKey}` works too.
 */
export interface Secret {
  /** "Bearer <value>", for the header "authorization". */
  bearer(): string
  /** "Basic <user:value>" in base64, for the header "authorization". */
  basic(user: string): string
  /** A placeholder; it means nothing outside this plugin and this run of it. */
  toString(): string
}

/** By name of the setting. A secret that has no value is absent. */
export type Secrets = Readonly<Partial<Record<string, Secret>>>
