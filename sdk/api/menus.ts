// The items of a menu, as pages of the application show them.

import { Type } from '../schema.ts'
import { STRICT, Text, type TypeOf } from './shape.ts'

export const Icon = Type.Object(
  {
    name: Text,
    path: Type.String({
      description: 'For "d" of an SVG path: strokes without fill, on a grid of 24 × 24',
    }),
  },
  STRICT,
)

export const MenuItem = Type.Object(
  {
    plugin: Type.String({ description: 'Id of the plugin' }),
    title: Text,
    icon: Icon,
    href: Type.String({ description: 'The page, with the parameters filled in' }),
  },
  STRICT,
)
export type MenuItem = TypeOf<typeof MenuItem>

export const MenuGroup = Type.Object(
  { category: Type.String({ description: 'Heading above the items' }), items: Type.Array(MenuItem) },
  STRICT,
)
export type MenuGroup = TypeOf<typeof MenuGroup>

export const Menu = Type.Object(
  {
    menu: Text,
    title: Type.String({ description: 'Of the menu, as the application declares it; else its name' }),
    groups: Type.Array(MenuGroup, { description: 'Empty: the menu is not shown' }),
  },
  STRICT,
)
export type Menu = TypeOf<typeof Menu>

export const MenuParams = Type.Object(
  { menu: Type.String({ maxLength: 100, description: 'Name of the menu' }) },
  STRICT,
)

export const MenuQuery = Type.Object(
  {
    params: Type.Optional(
      Type.String({ maxLength: 10_000, description: 'Parameters of the page around the menu, as JSON' }),
    ),
    language: Type.Optional(Type.String({ maxLength: 100, description: 'A BCP 47 tag' })),
  },
  STRICT,
)
