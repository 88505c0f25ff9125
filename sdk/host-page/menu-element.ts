// <plugbay-menu name="…">: a button that opens a list of links to pages of plugins. What is written inside is the text of the button; by
// default it is the title of the menu.
// Invariants: a menu without items is not there; a plugin's words are text, and its links lead to this origin.

import { type MenuList, menuList } from './menu-list.ts'
import { MENU_STYLE } from './menu-style.ts'
import { type IsCurrent, PageElement, styleSheet } from './page-element.ts'
import { menuNamed } from './server.ts'

export class PlugbayMenu extends PageElement {
  static readonly observedAttributes = ['name', 'params', 'lang']

  static #style: CSSStyleSheet | undefined

  readonly #internals = this.attachInternals()
  #list: MenuList | undefined

  protected override styles(): CSSStyleSheet {
    PlugbayMenu.#style ??= styleSheet(MENU_STYLE)
    return PlugbayMenu.#style
  }

  protected override clear(shadow: ShadowRoot): void {
    this.#list?.close()
    this.#list = undefined
    this.#internals.states.delete('filled')
    shadow.replaceChildren()
  }

  protected override async load(shadow: ShadowRoot, isCurrent: IsCurrent): Promise<void> {
    const name = this.getAttribute('name')
    if (!name) throw new Error('<plugbay-menu> needs a "name"')
    const { title, groups } = await menuNamed(name, this.params, this.language)
    if (!isCurrent() || groups.length === 0) return
    this.#list = menuList(this, title, groups)
    shadow.replaceChildren(this.#list.button, this.#list.panel)
    this.#internals.states.add('filled')
  }
}
