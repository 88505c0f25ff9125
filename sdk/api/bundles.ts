// Frontend bundles: what a page of the application needs to show them.

import { Type } from '../schema.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

const PATH = 'Path on the origin of the server, with its base path'

const BundleFile = Type.Object(
  {
    url: Type.String({ description: PATH }),
    integrity: Type.String({ description: 'Of the release that serves now: Subresource Integrity' }),
  },
  STRICT,
)
export type BundleFile = TypeOf<typeof BundleFile>

const FIELDS = {
  plugin: Type.String({ description: 'Id of the plugin' }),
  id: Type.String({ description: 'Of the bundle, in the plugin; of a page that a slot names, its path' }),
  title: Type.String({ description: 'Name of the plugin, in the language of the request' }),
  as: Type.Enum(['frame', 'module'], {
    description:
      'Where it runs: in a sandboxed frame, or in the page, because the operator trusts the plugin for it',
  }),
  frame: orNull(Type.String({ description: `Document of the frame; null for a module. ${PATH}` })),
  context: orNull(
    Type.String({ description: `What a module is mounted with, as JSON; null for a frame. ${PATH}` }),
  ),
  root: Type.String({ description: `Of the plugin's files and its backend ("api/"). ${PATH}` }),
  entry: orNull(BundleFile),
  styles: Type.Array(BundleFile),
  preload: Type.Array(BundleFile, { description: 'Modules that the entry imports' }),
}

export const Bundle = Type.Object(FIELDS, {
  ...STRICT,
  description: 'A frontend bundle of a plugin that serves now',
})
export type Bundle = TypeOf<typeof Bundle>

export const SlotPart = Type.Object(
  { ...FIELDS, mode: Type.Enum(['append', 'replace', 'wrap']) },
  { ...STRICT, description: 'A frontend bundle in its place' },
)
export type SlotPart = TypeOf<typeof SlotPart>

export const BundleQuery = Type.Object(
  {
    language: Type.Optional(
      Type.String({ maxLength: 35, description: 'Of the page; by default that of the visitor' }),
    ),
  },
  STRICT,
)

export const SlotName = Type.Object({ slot: Type.String({ maxLength: 100 }) }, STRICT)

export const BundlePlugin = Type.Object({ plugin: Type.String({ maxLength: 63 }) }, STRICT)

export const BundleList = Type.Object({ items: Type.Array(Bundle), nextCursor: Type.Null() }, STRICT)

export type BundleList = TypeOf<typeof BundleList>

export const SlotParts = Type.Object(
  { slot: Text, items: Type.Array(SlotPart), nextCursor: Type.Null() },
  STRICT,
)
export type SlotParts = TypeOf<typeof SlotParts>

export const BundleFailure = Type.Object(
  {
    bundle: Type.String({ maxLength: 255, description: 'Id of the bundle' }),
    message: Type.String({ minLength: 1, maxLength: 1000 }),
  },
  STRICT,
)
export type BundleFailure = TypeOf<typeof BundleFailure>
