// What a manifest asks for, and what may be granted. They differ for secrets that the manifest binds to no origin.
// Invariant: such a secret is asked for the one origin of the manifest; with several, it goes nowhere until a person chooses.

import type { Manifest } from '../manifest/manifest.ts'
import type { SecretOrigins } from './kinds/secret-origins.ts'
import type { Permissions } from './permissions.ts'

type Asking = Pick<Manifest, 'permissions' | 'settings'>

/** Undefined, as for a plugin without a release, asks for nothing. */
export function askedPermissions(manifest: Asking | undefined): Permissions {
  return withSecrets(manifest, ([only, ...others]) =>
    only === undefined || others.length > 0 ? undefined : [only],
  )
}

/** The widest grants: those that are asked, and for an unbound secret each origin of the manifest. */
export function grantablePermissions(manifest: Asking | undefined): Permissions {
  return withSecrets(manifest, (origins) => (origins.length === 0 ? undefined : origins))
}

/** Names of the settings that are secrets. */
export function secretSettings(settings: Manifest['settings']): readonly string[] {
  return Object.entries(settings?.properties ?? {})
    .filter(([, { format }]) => format === 'secret')
    .map(([key]) => key)
}

/** The names of fields that secrets may be sent in, by setting. */
export function secretFields(settings: Manifest['settings']): ReadonlyMap<string, string> {
  const properties = Object.entries(settings?.properties ?? {})
  return new Map(
    properties.flatMap(([key, { 'x-secret-field': field }]) => (field === undefined ? [] : [[key, field]])),
  )
}

function withSecrets(
  manifest: Asking | undefined,
  originsFor: (asked: readonly string[]) => readonly string[] | undefined,
): Permissions {
  const permissions = manifest?.permissions ?? {}
  const origins = originsFor(permissions.network ?? [])
  if (manifest === undefined || origins === undefined) return permissions
  const bound: SecretOrigins = permissions.secrets ?? {}
  const unbound = secretSettings(manifest.settings).filter((key) => !Object.hasOwn(bound, key))
  if (unbound.length === 0) return permissions
  return {
    ...permissions,
    secrets: { ...bound, ...Object.fromEntries(unbound.map((key) => [key, origins])) },
  }
}
