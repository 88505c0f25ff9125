// Patches of plugins, and the files that the templates of the application are rendered to.

import { Type } from '../schema.ts'
import { Problem } from './problems.ts'
import { orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

const PatchUse = Type.Object(
  {
    file: orNull(Type.String({ description: 'The template that has the place; null: a patch has it' })),
    patch: orNull(Type.String({ description: 'The patch that has the place' })),
    plugin: orNull(Type.String({ description: 'Whose patch that is' })),
    line: Type.Integer({ description: 'From 1' }),
  },
  STRICT,
)

export const PatchView = Type.Object(
  {
    name: Text,
    uses: Type.Array(PatchUse, { description: 'Where the place is; empty: no template has it' }),
    contributors: Type.Array(
      Type.Object(
        {
          plugin: Text,
          text: orNull(Type.String({ description: 'The template; null: a handler of the plugin gives it' })),
        },
        STRICT,
      ),
      { description: 'In order' },
    ),
    order: Type.Array(Text, { description: 'The order of the operator; empty: by priority, then by id' }),
  },
  { ...STRICT, description: 'A place in templates, and what plugins have for it' },
)
export type PatchView = TypeOf<typeof PatchView>

export const Patches = Type.Object(
  { items: Type.Array(PatchView), nextCursor: Type.Null() },
  { ...STRICT, description: 'All places, by name, on one page' },
)
export type Patches = TypeOf<typeof Patches>

export const PatchParams = Type.Object(
  { name: Type.String({ maxLength: 100, description: 'Name of the place' }) },
  STRICT,
)

const Owner = Type.String({ description: 'Id of the plugin; "host" for the application' })

const FileChange = Type.Object(
  { path: Text, owner: Owner, change: Type.Enum(['added', 'changed', 'removed']) },
  STRICT,
)

export const RenderReport = Type.Object(
  {
    at: Time,
    isWritten: Type.Boolean({ description: 'False: there are problems, and all files are as they were' }),
    files: Type.Integer({ description: 'Number of rendered files' }),
    changes: Type.Array(FileChange),
    problems: Type.Array(Problem),
    warnings: Type.Array(Problem),
  },
  { ...STRICT, description: 'What a rendering has changed' },
)
export type RenderReport = TypeOf<typeof RenderReport>

export const RenderedFile = Type.Object(
  {
    path: Text,
    owner: Owner,
    state: Type.Enum(['same', 'added', 'changed', 'removed'], {
      description: 'What rendering would do with what is there',
    }),
    diff: orNull(
      Type.String({
        description: 'What differs, with secrets masked; null for the same, and for other than texts',
      }),
    ),
  },
  STRICT,
)
export type RenderedFile = TypeOf<typeof RenderedFile>

export const RenderedFiles = Type.Object(
  {
    items: Type.Array(RenderedFile, { description: 'Empty when there are problems' }),
    problems: Type.Array(Problem),
    warnings: Type.Array(Problem),
    last: orNull(RenderReport),
    nextCursor: Type.Null(),
  },
  { ...STRICT, description: 'All rendered files as they would be now, on one page' },
)
export type RenderedFiles = TypeOf<typeof RenderedFiles>
