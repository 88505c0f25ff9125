// Installed plugins, and the requests for one plugin.

import { FORMS } from '../manifest/names.ts'
import { PLUGIN_STATES } from '../protocol/plugin-state.ts'
import { Type } from '../schema.ts'
import { Access } from './access.ts'
import { PAGE } from './lists.ts'
import { Permissions } from './permissions.ts'
import { Problem } from './problems.ts'
import { ReplacedPlugin } from './replaced.ts'
import { Resources } from './resources.ts'
import { orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

export const PluginId = Type.String({ pattern: FORMS.id.pattern })

/** The parameters of every path below "/plugins/:id". */
export const PluginParams = Type.Object({ id: PluginId }, STRICT)

export const PluginState = Type.Enum([...PLUGIN_STATES])
export type PluginState = TypeOf<typeof PluginState>

export const Release = Type.Object(
  {
    version: Text,
    sha256: Text,
    installedAt: Time,
    active: Type.Boolean(),
    previous: Type.Boolean({
      description: 'It served before the active one: a rollback that names no version goes to it',
    }),
  },
  STRICT,
)
export type Release = TypeOf<typeof Release>

const Candidate = Type.Object(
  { version: Text, added: Permissions, problem: orNull(Problem) },
  {
    ...STRICT,
    description:
      'The release that waits, with what it asks beyond what was reviewed, and what its settings lack: with both given, it goes live',
  },
)

const Forced = Type.Object(
  {
    enabled: Type.Boolean(),
    key: Type.Enum(['plugins.apply', 'plugins.enable', 'plugins.disable']),
    variable: Text,
  },
  {
    ...STRICT,
    description:
      'The configuration decides whether it runs, by this key or variable; "enabled" is what was chosen, and holds again without it',
  },
)
export type Forced = TypeOf<typeof Forced>

/** The fields of an installation, for shapes that extend it. */
export const INSTALLATION = {
  id: PluginId,
  name: Type.String({ description: 'In the language of the request' }),
  description: orNull(Text),
  version: orNull(Text),
  sha256: orNull(Text),
  hasIcon: Type.Boolean({ description: 'Of its release: /plugins/<id>/releases/<version>/icon' }),
  enabled: Type.Boolean(),
  forced: orNull(Forced),
  state: PluginState,
  problem: orNull(Problem),
  warnings: Type.Array(Problem, {
    description:
      'It serves all the same: points that the host does not have, names in settings.toml that mean nothing, conflicts with other plugins',
  }),
  access: Access,
  accessAsked: Access,
  permissions: Permissions,
  grantable: Permissions,
  grants: Permissions,
  candidate: orNull(Candidate),
  replaces: Type.Array(ReplacedPlugin, {
    description:
      'Plugins whose place its newest release asks to take; nothing is carried before that is approved',
  }),
  urls: Type.Object(
    { api: orNull(Text), page: orNull(Text) },
    { ...STRICT, description: 'Paths on the server, below its base path' },
  ),
  releases: Type.Array(Release, { description: 'Newest first' }),
  resources: Resources,
}

export const Installation = Type.Object(INSTALLATION, STRICT)
/** One installed plugin. When a release awaits approval, the requested permissions are those of that release.
 * `grantable` is wider where the manifest leaves a choice: any of its origins for a secret that it binds to none. */
export type Installation = TypeOf<typeof Installation>

const LANGUAGE = {
  language: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'Language of names and descriptions, a BCP 47 tag; by default that of Accept-Language',
    }),
  ),
}
export const LanguageQuery = Type.Object(LANGUAGE, STRICT)
export const PluginListQuery = Type.Object({ ...PAGE, ...LANGUAGE }, STRICT)

export const RollbackRequest = Type.Object(
  { version: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) },
  STRICT,
)

export const UninstallQuery = Type.Object(
  {
    data: Type.Optional(
      Type.Enum(['keep', 'delete'], {
        default: 'keep',
        description: 'What becomes of its data, settings, grants and choices',
      }),
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

export const ReplaceRequest = Type.Object(
  {
    from: Type.String({ minLength: 1, maxLength: 200, description: 'Id of the plugin whose place it takes' }),
    grants: Type.Optional(Permissions),
  },
  {
    ...STRICT,
    description: 'Without grants it gets those of the old plugin, as far as it asks for them',
  },
)
export type ReplaceRequest = TypeOf<typeof ReplaceRequest>
