// The items of a menu, as pages of the application show them.

import { textOf } from '../manifest/text-schema.ts'
import { Type } from '../schema.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

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

const MenuTitle = textOf(100, 'Text of the link')

export const ListedMenuItem = Type.Object(
  {
    plugin: Type.String({ description: 'Id of the plugin' }),
    item: Type.String({ description: 'Its name in the manifest, else its path' }),
    title: MenuTitle,
    chosen: orNull(MenuTitle),
    category: orNull(textOf(100, 'Heading above the item')),
    path: Text,
    permissions: Type.Array(Text, { description: 'What a user needs to see the item and to open its page' }),
  },
  {
    ...STRICT,
    description: 'An item; "chosen" is the title that the operator has set, in one language or several',
  },
)
export type ListedMenuItem = TypeOf<typeof ListedMenuItem>

export const ListedMenu = Type.Object(
  {
    menu: Text,
    items: Type.Array(ListedMenuItem, { description: 'Of plugins that serve, in order' }),
    nextCursor: Type.Null(),
  },
  STRICT,
)
export type ListedMenu = TypeOf<typeof ListedMenu>

export const MenuTitleChange = Type.Object(
  {
    plugin: Type.String({ minLength: 1, maxLength: 200, description: 'Id of the plugin' }),
    item: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'Its name in the manifest, else its path',
    }),
    title: orNull(MenuTitle),
  },
  {
    ...STRICT,
    description: 'A title; languages that it leaves out keep what the plugin says. null: all of them do',
  },
)
export type MenuTitleChange = TypeOf<typeof MenuTitleChange>
