// Checks which origins a manifest wants its secrets sent to.

import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import { secretSettings } from '../../../../sdk/permissions/asked.ts'
import { isSameOrigin } from '../../../../sdk/permissions/kinds/origins.ts'
import { type Finding, quoted } from './manifest-finding.ts'

const PATH = ['permissions', 'secrets']

/** Secrets that the plugin does not have, and origins that it does not ask for. Sections with schema errors are absent. */
export function checkSecrets({ permissions, settings }: Partial<Manifest>): Finding[] {
  const keys = secretSettings(settings)
  return Object.entries(permissions?.secrets ?? {}).flatMap(([key, origins]): Finding[] => {
    if (settings !== undefined && !keys.includes(key)) return [unknownSecret(key)]
    return origins.flatMap((origin, index) =>
      permissions?.network?.some((asked) => isSameOrigin(asked, origin)) === true
        ? []
        : [unaskedOrigin(key, { origin, index })],
    )
  })
}

/** Secrets that go nowhere until the operator chooses an origin. */
export function unboundSecrets({ permissions, settings }: Manifest): Finding[] {
  if ((permissions?.network?.length ?? 0) < 2) return []
  const bound = permissions?.secrets ?? {}
  return secretSettings(settings)
    .filter((key) => !Object.hasOwn(bound, key))
    .map((key) => ({
      code: 'MANIFEST_INVALID',
      path: ['settings', 'properties', key],
      message: `The secret ${quoted(key)} is bound to none of the plugin's origins, so it is sent to none until the operator chooses one`,
      hint: `Name its origins: "permissions": { "secrets": { ${quoted(key)}: [${quoted(permissions?.network?.[0] ?? '')}] } }`,
    }))
}

function unknownSecret(key: string): Finding {
  return {
    code: 'MANIFEST_INVALID',
    path: [...PATH, key],
    message: `"permissions.secrets" names ${quoted(key)}, which is no setting with the format "secret"`,
    hint: `Declare it: "settings": { "properties": { ${quoted(key)}: { "type": "string", "format": "secret" } } }`,
  }
}

function unaskedOrigin(
  key: string,
  { origin, index }: { readonly origin: string; readonly index: number },
): Finding {
  return {
    code: 'MANIFEST_INVALID',
    path: [...PATH, key, index],
    message: `The secret ${quoted(key)} is for ${quoted(origin)}, which the plugin does not ask to reach`,
    hint: `Add ${quoted(origin)} to "permissions.network"`,
  }
}
