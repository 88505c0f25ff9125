// Uploading a package, and inspecting one without installing it.

import { Type } from '../schema.ts'
import { Access } from './access.ts'
import { Permissions } from './permissions.ts'
import { INSTALLATION } from './plugins.ts'
import { Problem } from './problems.ts'
import { ReplacedPlugin } from './replaced.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

export const UploadQuery = Type.Object(
  {
    enable: Type.Optional(
      Type.Boolean({ description: 'Default: true for a new plugin; an update keeps what was' }),
    ),
    grant: Type.Optional(
      Type.Enum(['all', 'none'], { description: 'Whether what is asked is granted at once' }),
    ),
    downgrade: Type.Optional(Type.Boolean({ description: 'Take a version lower than the installed one' })),
  },
  STRICT,
)
export type UploadQuery = TypeOf<typeof UploadQuery>

const notYetActive = Type.Array(Text, {
  description: 'Sections of the manifest that this version does not act on',
})

export const UploadAnswer = Type.Object(
  {
    ...INSTALLATION,
    outcome: Type.Enum(['created', 'updated', 'unchanged']),
    warnings: Type.Array(Problem),
    notYetActive,
  },
  STRICT,
)
/** The installation, and the outcome of the upload: a new plugin, a new version, or unchanged content. */
export type UploadAnswer = TypeOf<typeof UploadAnswer>

export const InspectAnswer = Type.Object(
  {
    ok: Type.Boolean(),
    manifest: Type.Unknown({ description: 'As it was parsed; checked only when "ok" is true' }),
    problems: Type.Array(Problem),
    warnings: Type.Array(Problem),
    notYetActive,
    sha256: orNull(Text),
    refusal: Type.Union([Problem, Type.Null()], {
      description:
        'Why an upload of this package, right in itself, would be refused: VERSION_EXISTS, or DOWNGRADE unless the upload allows it',
    }),
    access: Type.Object(
      { asked: orNull(Access), added: Type.Boolean() },
      {
        ...STRICT,
        description:
          'The audience that it asks for, and whether that is wider than what is installed asks for, or than "user"',
      },
    ),
    replaces: Type.Array(ReplacedPlugin, { description: 'Plugins whose place it asks to take' }),
    permissions: Type.Object(
      { asked: Permissions, added: Permissions, removed: Permissions },
      { ...STRICT, description: 'What it asks for, and the difference to what is installed' },
    ),
  },
  STRICT,
)
/** The result of a check, also for a package that is refused. */
export type InspectAnswer = TypeOf<typeof InspectAnswer>
