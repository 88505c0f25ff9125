// <plugbay-slot name="…">: a place in a page of the application. What is written inside is the content of the page itself, which parts of
// plugins are added to, replace or wrap. <plugbay-slot plugin="…" bundle="…"> shows one bundle.
// Invariant: a part that fails is taken out, and the content is as it would be without it.

import type { SlotPart } from '../api/bundles.ts'
import { framePart } from './frame-part.ts'
import { modulePart, PageModules } from './module-part.ts'
import { type IsCurrent, PageElement, styleSheet } from './page-element.ts'
import { type Part, type PartRequest, tellFailure } from './part.ts'
import { bundleNamed, partsOf } from './server.ts'

const MAX_HEIGHT = 4000

interface Placed {
  readonly item: SlotPart
  readonly part: Part
}

export class PlugbaySlot extends PageElement {
  static readonly observedAttributes = ['name', 'plugin', 'bundle', 'params', 'lang']

  static #style: CSSStyleSheet | undefined
  /** Of the page. */
  static readonly #modules = new PageModules()

  #parts: Part[] = []

  /** Elements are in line with the text unless a style says otherwise; that of the page counts more. */
  protected override styles(): CSSStyleSheet {
    PlugbaySlot.#style ??= styleSheet(':host { display: block } :host([hidden]) { display: none }')
    return PlugbaySlot.#style
  }

  protected override clear(shadow: ShadowRoot): void {
    for (const { close } of this.#parts.splice(0)) close()
    shadow.replaceChildren(emptyContent())
  }

  protected override async load(shadow: ShadowRoot, isCurrent: IsCurrent): Promise<void> {
    const found = await this.#ask()
    if (isCurrent()) await this.#show(shadow, found, isCurrent)
  }

  async #ask(): Promise<readonly SlotPart[]> {
    const { language } = this
    const [name, plugin, bundle] = ['name', 'plugin', 'bundle'].map((each) => this.getAttribute(each))
    if (name) return await partsOf(name, language)
    if (!plugin || !bundle) throw new Error('<plugbay-slot> needs a "name", or a "plugin" and a "bundle"')
    return [{ ...(await bundleNamed(plugin, bundle, language)), mode: 'append' }]
  }

  async #show(shadow: ShadowRoot, found: readonly SlotPart[], isCurrent: IsCurrent): Promise<void> {
    const { params } = this
    const placed = found.map((item) => ({ item, part: this.#open(item, params) }))
    this.#parts = placed.map(({ part }) => part)
    const content = emptyContent()
    shadow.replaceChildren(...arranged(content, placed))
    const show = async ({ item, part }: Placed) => {
      const failed = (error: unknown, isOver: boolean) => {
        if (!isCurrent()) return
        if (isOver) {
          part.close()
          part.takeOut()
          if (item.mode === 'replace') content.hidden = false
        }
        tellFailure(this, item, error)
      }
      try {
        await part.shown
        part.onFailure(failed)
        // Only now: a part that fails has replaced nothing.
        if (item.mode === 'replace') content.hidden = true
      } catch (error) {
        failed(error, true)
      }
    }
    await Promise.all(placed.map(show))
  }

  #open(item: SlotPart, params: PartRequest['params']): Part {
    const request = {
      bundle: item,
      slot: this.getAttribute('name'),
      params,
      maxHeight: Number(this.getAttribute('max-height') ?? MAX_HEIGHT) || MAX_HEIGHT,
    }
    return item.as === 'frame'
      ? framePart(request)
      : modulePart(request, { modules: PlugbaySlot.#modules, wraps: item.mode === 'wrap' })
  }
}

/** The content with what is added after it, inside of what wraps it; of two that wrap, the later one is outside. */
function arranged(content: HTMLElement, placed: readonly Placed[]): readonly HTMLElement[] {
  const elements = (isOne: (mode: SlotPart['mode']) => boolean) =>
    placed.filter(({ item }) => isOne(item.mode)).map(({ part }) => part.element)
  let nodes = [content, ...elements((mode) => mode === 'replace'), ...elements((mode) => mode === 'append')]
  for (const wrapper of elements((mode) => mode === 'wrap')) {
    wrapper.append(...nodes)
    nodes = [wrapper]
  }
  return nodes
}

function emptyContent(): HTMLElement {
  const content = document.createElement('div')
  content.setAttribute('part', 'content')
  content.append(document.createElement('slot'))
  return content
}
