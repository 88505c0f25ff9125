// Frontend bundles: parts of a plugin for pages of the application, and the slots of these pages that they are placed in.

import { Type } from '../schema.ts'
import { nameOf, pathOf } from './name-schemas.ts'
import { DEFAULT_PRIORITY } from './priority.ts'

const strict = { additionalProperties: false } as const

/** More would be one style sheet for each file of a page. */
const MAX_STYLES = 20
export const MAX_BUNDLES = 50

export const bundle = Type.Object(
  {
    id: nameOf('name', 100, 'Name of the bundle'),
    entry: Type.Optional(
      pathOf(
        'File of the frontend, relative to its root: a module whose default export mounts the bundle, or a page',
      ),
    ),
    source: Type.Optional(
      pathOf(
        'Instead of "entry": the module that Vite has built the bundle from, as its manifest names it, such as "src/shelf.ts"',
      ),
    ),
    styles: Type.Optional(
      Type.Array(pathOf('Style sheet, a file of the frontend; those that Vite has built are known'), {
        maxItems: MAX_STYLES,
        uniqueItems: true,
        description: 'Style sheets of the bundle',
      }),
    ),
    as: Type.Optional(
      Type.Enum(['frame', 'module'], {
        default: 'frame',
        description:
          'Where it runs: in a sandboxed frame, or as a module in the page itself, which needs the permission "hostPages"',
      }),
    ),
    data: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Whether the handler of its name in "bundles" of the backend gives it data, for each page',
      }),
    ),
  },
  { ...strict, description: 'One frontend bundle' },
)

export const slot = Type.Object(
  {
    slot: nameOf('dottedName', 100, 'The place in a page, such as "dashboard"'),
    bundle: Type.Optional(nameOf('name', 100, 'The bundle that is shown there, by its id')),
    entry: Type.Optional(
      pathOf('Instead of "bundle": a page of the frontend, which is shown there in a sandboxed frame'),
    ),
    mode: Type.Optional(
      Type.Enum(['append', 'replace', 'wrap'], {
        default: 'append',
        description: 'Whether the part is appended to the content, replaces it, or wraps it',
      }),
    ),
    priority: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1000,
        default: DEFAULT_PRIORITY,
        description: 'Lower comes first, then by id of the plugin',
      }),
    ),
  },
  { ...strict, description: 'One part of a page' },
)
