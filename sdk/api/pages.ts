// Pages of plugins, as the shell shows them in a frame.

import { Type } from '../schema.ts'
import { MenuGroup } from './menus.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

export const PageParams = Type.Object(
  { plugin: Type.String({ maxLength: 63, description: 'Id of the plugin' }) },
  STRICT,
)

export const PluginPage = Type.Object(
  {
    plugin: Type.String({ description: 'Id of the plugin' }),
    name: Type.String({ description: 'Of the plugin, in the language of the request' }),
    version: Text,
    icon: orNull(Type.String({ description: 'Path of an image on the origin of the server' })),
    root: Type.String({
      description: 'Path of its pages on the origin of the server, with the base path; no slash at its end',
    }),
    origin: orNull(
      Type.String({ description: 'The origin that its pages are shown on; null: sandboxed, without one' }),
    ),
    generation: Type.String({
      description:
        'Changes with the installation and with the author: what is kept for the pages belongs to one of them',
    }),
    user: orNull(Type.String({ description: 'Name of the visitor; null for a stranger' })),
  },
  { ...STRICT, description: 'The pages of a plugin that serves now, for a visitor who may open them' },
)
export type PluginPage = TypeOf<typeof PluginPage>

export const PageLinks = Type.Object(
  { items: Type.Array(MenuGroup), nextCursor: Type.Null() },
  { ...STRICT, description: 'Links to pages of plugins, beside the pages of the server' },
)
export type PageLinks = TypeOf<typeof PageLinks>

export const PageToken = Type.Object(
  { token: Type.String({ description: 'Of a page of this plugin and this visitor, for ten minutes' }) },
  STRICT,
)
export type PageToken = TypeOf<typeof PageToken>
