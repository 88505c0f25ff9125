// The button of a menu and its list: links below a heading for each category, as a disclosure of the ARIA Authoring Practices. It is
// opened and walked through by pointer or keyboard: arrows, Home, End, Escape.
// Invariant: what a plugin says becomes text and an address of this origin, never markup.

import type { MenuGroup, MenuItem } from '../api/menus.ts'

export interface MenuList {
  readonly button: HTMLElement
  readonly panel: HTMLElement
  /** Closes the list, and hears nothing any more. */
  close(): void
}

const SVG = 'http://www.w3.org/2000/svg'

/** @param host the element whose shadow tree the parts are put into */
export function menuList(host: HTMLElement, title: string, groups: readonly MenuGroup[]): MenuList {
  const panel = element('div', 'list')
  panel.id = 'list'
  panel.hidden = true
  panel.append(...groups.map(groupOf))
  const links = [...panel.querySelectorAll('a')]

  const button = element('button', 'button')
  button.type = 'button'
  button.setAttribute('aria-controls', panel.id)
  const own = document.createElement('slot')
  own.textContent = title
  button.append(own)

  let isOpen = false
  const isInside = (event: Event) => event.composedPath().includes(host)
  const leave = (event: Event) => {
    if (!isInside(event)) setOpen(false)
  }
  function setOpen(opens: boolean): void {
    isOpen = opens
    panel.hidden = !isOpen
    button.ariaExpanded = String(isOpen)
    if (isOpen) document.addEventListener('pointerdown', leave)
    else document.removeEventListener('pointerdown', leave)
  }
  setOpen(false)

  button.addEventListener('click', () => setOpen(!isOpen))
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    setOpen(true)
    links.at(event.key === 'ArrowDown' ? 0 : -1)?.focus()
  })
  panel.addEventListener('keydown', (event) => {
    const at = links.indexOf(event.target as HTMLAnchorElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    links.at(to % links.length)?.focus()
  })
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return
    event.stopPropagation()
    setOpen(false)
    button.focus()
  }
  /** Tab beyond the last link. A click into the list leaves nothing. */
  const onLeave = ({ relatedTarget: to }: FocusEvent) => {
    if (to instanceof Node && !button.contains(to) && !panel.contains(to)) setOpen(false)
  }
  const parts: readonly HTMLElement[] = [button, panel]
  for (const part of parts) {
    part.addEventListener('keydown', onKey)
    part.addEventListener('focusout', onLeave)
  }
  return { button, panel, close: () => setOpen(false) }
}

function groupOf({ category, items }: MenuGroup, index: number): HTMLElement {
  const heading = element('span', 'category')
  heading.id = `category-${index}`
  heading.dir = 'auto'
  heading.textContent = category
  const list = document.createElement('ul')
  list.setAttribute('aria-labelledby', heading.id)
  // Browsers do not call a list without bullets a list.
  list.setAttribute('role', 'list')
  list.append(...items.flatMap(entryOf))
  const group = element('div', 'group')
  group.append(heading, list)
  return group
}

function entryOf({ title, icon, href }: MenuItem): readonly HTMLElement[] {
  const address = new URL(href, location.href)
  // The server gives paths only; a link with a script, or to elsewhere, is never made.
  if (address.origin !== location.origin) return []
  const link = element('a', 'link')
  link.href = address.href
  const text = document.createElement('span')
  text.dir = 'auto'
  text.textContent = title
  link.append(iconOf(icon.path), text)
  const entry = document.createElement('li')
  entry.append(link)
  return [entry]
}

function iconOf(path: string): SVGElement {
  const icon = document.createElementNS(SVG, 'svg')
  icon.setAttribute('part', 'icon')
  icon.setAttribute('viewBox', '0 0 24 24')
  icon.setAttribute('aria-hidden', 'true')
  const strokes = document.createElementNS(SVG, 'path')
  strokes.setAttribute('d', path)
  icon.append(strokes)
  return icon
}

/** With a name by which style sheets of the page reach it: `::part(link)`. */
function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  part: string,
): HTMLElementTagNameMap[Name] {
  const created = document.createElement(name)
  created.setAttribute('part', part)
  return created
}
