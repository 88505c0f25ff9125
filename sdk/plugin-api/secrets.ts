// env.secrets: settings of the format "secret", as handles. The plugin uses a secret but never sees it.

import type { ManifestField } from './manifest-values.ts'

/**
 * Stands for the value of one secret setting, in headers of fetch(): the runtime substitutes the value when the request leaves for an
 * origin that the secret was granted for. As text it is a placeholder, so `Bearer ${env.secrets.apiKey}` works too. Also in the field
 * of a query or a form that the manifest names, and as a key for HMAC (network.md).
 */
export interface Secret {
  /** "Bearer <value>", for the header "authorization". */
  bearer(): string
  /** "Basic <user:value>" in base64, for the header "authorization". */
  basic(user: string): string
  /** A placeholder, meaningless outside this plugin and this run of it. */
  toString(): string
}

type SecretNames = ManifestField<'secrets', Record<string, 'optional'>>

/** By setting name. A secret without a value is absent; a required one has a value. */
export type Secrets = {
  readonly [Name in keyof SecretNames]: SecretNames[Name] extends 'required' ? Secret : Secret | undefined
}
