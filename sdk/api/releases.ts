// What a release of a plugin consists of.

import { Type } from '../schema.ts'
import { Permissions } from './permissions.ts'
import { PluginId } from './plugins.ts'
import { Anything, orNull, STRICT, Text, type TypeOf } from './shape.ts'

export const ReleaseParams = Type.Object(
  { id: PluginId, version: Type.String({ minLength: 1, maxLength: 256 }) },
  STRICT,
)

export const ReleaseContent = Type.Object(
  {
    version: Text,
    sha256: Text,
    manifest: Type.Unknown({ description: 'As it was checked when the release was installed' }),
    permissions: Permissions,
    settings: orNull(Anything),
    readme: orNull(
      Type.Object(
        {
          path: Text,
          text: Type.String({ description: 'As the author wrote it, Markdown as a rule: not to be trusted' }),
          isCut: Type.Boolean({ description: 'It is longer' }),
        },
        STRICT,
      ),
    ),
    files: Type.Array(Type.Object({ path: Text, size: Type.Integer(), sha256: Text }, STRICT), {
      description: 'By path',
    }),
    bytes: Type.Integer({ description: 'Of all files' }),
  },
  STRICT,
)
export type ReleaseContent = TypeOf<typeof ReleaseContent>
