// Installed plugins, and the requests for one plugin.

import { FORMS } from '../manifest/names.ts'
import { PLUGIN_STATES } from '../protocol/plugin-state.ts'
import { Type } from '../schema.ts'
import { Access } from './access.ts'
import { Permissions } from './permissions.ts'
import { Problem } from './problems.ts'
import { Resources } from './resources.ts'
import { orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

const PluginId = Type.String({ pattern: FORMS.id.pattern })

/** The parameters of every path below "/plugins/:id". */
export const PluginParams = Type.Object({ id: PluginId }, STRICT)

export const PluginState = Type.Enum([...PLUGIN_STATES])
export type PluginState = TypeOf<typeof PluginState>

export const Release = Type.Object(
  { version: Text, sha256: Text, installedAt: Time, active: Type.Boolean() },
  STRICT,
)
export type Release = TypeOf<typeof Release>

const Candidate = Type.Object(
  { version: Text, added: Permissions },
  {
    ...STRICT,
    description: 'The release that waits for approval, with what it asks beyond what was reviewed',
  },
)

/** The fields of an installation, for shapes that extend it. */
export const INSTALLATION = {
  id: PluginId,
  name: Type.String({ description: 'In the default language' }),
  description: orNull(Text),
  version: orNull(Text),
  sha256: orNull(Text),
  enabled: Type.Boolean(),
  state: PluginState,
  problem: orNull(Problem),
  access: Access,
  permissions: Permissions,
  grants: Permissions,
  candidate: orNull(Candidate),
  urls: Type.Object({ api: orNull(Text), page: orNull(Text) }, STRICT),
  releases: Type.Array(Release, { description: 'Newest first' }),
  resources: Resources,
}

export const Installation = Type.Object(INSTALLATION, STRICT)
/** One installed plugin. When a release awaits approval, the requested permissions are those of that release. */
export type Installation = TypeOf<typeof Installation>

export const RollbackRequest = Type.Object(
  { version: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) },
  STRICT,
)

export const UninstallQuery = Type.Object(
  {
    data: Type.Optional(
      Type.Enum(['keep', 'delete'], { default: 'keep', description: 'What becomes of its data' }),
    ),
  },
  STRICT,
)
export type UninstallQuery = TypeOf<typeof UninstallQuery>

export const UninstallAnswer = Type.Object(
  { warnings: Type.Array(Problem) },
  { ...STRICT, description: 'The plugin is uninstalled; what its backend failed to do at its end' },
)
export type UninstallAnswer = TypeOf<typeof UninstallAnswer>
