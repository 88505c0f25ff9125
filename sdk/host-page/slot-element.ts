// <plugbay-slot name="…">: a place in a page of the application. What is written inside is the content of the page itself, which parts of
// plugins are added to, replace or wrap. <plugbay-slot plugin="…" bundle="…"> shows one bundle.
// Invariant: a part that fails is taken out, and the content is as it would be without it.

import type { SlotPart } from '../api/bundles.ts'
import { framePart } from './frame-part.ts'
import { modulePart, PageModules } from './module-part.ts'
import { type Part, type PartRequest, tellFailure } from './part.ts'
import { bundleNamed, partsOf } from './server.ts'

const MAX_HEIGHT = 4000

interface Placed {
  readonly item: SlotPart
  readonly part: Part
}

/** A server that renders pages may import this, too. */
const Base = typeof HTMLElement === 'undefined' ? (class {} as typeof HTMLElement) : HTMLElement

export class PlugbaySlot extends Base {
  static readonly observedAttributes = ['name', 'plugin', 'bundle', 'params', 'lang']

  static #style: CSSStyleSheet | undefined
  /** Of the page. */
  static readonly #modules = new PageModules()

  readonly #shadow = this.attachShadow({ mode: 'open' })
  #parts: Part[] = []
  /** Changes with every change of what is asked for: what was asked before does not come any more. */
  #turn = 0
  #isPlanned = false

  connectedCallback(): void {
    PlugbaySlot.#style ??= blockStyle()
    this.#shadow.adoptedStyleSheets = [PlugbaySlot.#style]
    this.#plan()
  }

  disconnectedCallback(): void {
    this.#turn += 1
    this.#clear()
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#plan()
  }

  /** Asks again what there is, for example after a plugin was enabled. */
  refresh(): Promise<void> {
    return this.#load()
  }

  /** Attributes that change together are one change. */
  #plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    this.ariaBusy = 'true'
    queueMicrotask(() => {
      this.#isPlanned = false
      if (this.isConnected) void this.#load()
    })
  }

  async #load(): Promise<void> {
    this.#turn += 1
    const turn = this.#turn
    this.ariaBusy = 'true'
    this.#clear()
    try {
      const found = await this.#ask()
      if (turn === this.#turn) await this.#show(found, turn)
    } catch (error) {
      console.error(`[plugbay] ${error instanceof Error ? error.message : String(error)}`)
    }
    if (turn === this.#turn) this.ariaBusy = null
  }

  async #ask(): Promise<readonly SlotPart[]> {
    const { lang } = document.documentElement
    const language = this.lang || lang
    const [name, plugin, bundle] = ['name', 'plugin', 'bundle'].map((each) => this.getAttribute(each))
    if (name) return await partsOf(name, language)
    if (!plugin || !bundle) throw new Error('<plugbay-slot> needs a "name", or a "plugin" and a "bundle"')
    return [{ ...(await bundleNamed(plugin, bundle, language)), mode: 'append' }]
  }

  async #show(found: readonly SlotPart[], turn: number): Promise<void> {
    const params = this.#params()
    const placed = found.map((item) => ({ item, part: this.#open(item, params) }))
    this.#parts = placed.map(({ part }) => part)
    const content = emptyContent()
    this.#shadow.replaceChildren(...arranged(content, placed))
    const show = async ({ item, part }: Placed) => {
      const failed = (error: unknown, isOver: boolean) => {
        if (turn !== this.#turn) return
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

  #clear(): void {
    for (const { close } of this.#parts.splice(0)) close()
    this.#shadow.replaceChildren(emptyContent())
  }

  #params(): PartRequest['params'] {
    const text = this.getAttribute('params')
    return text === null || text === '' ? {} : (JSON.parse(text) as PartRequest['params'])
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

/** Elements are in line with the text unless a style says otherwise; that of the page counts more. */
function blockStyle(): CSSStyleSheet {
  const style = new CSSStyleSheet()
  style.replaceSync(':host { display: block } :host([hidden]) { display: none }')
  return style
}

function emptyContent(): HTMLElement {
  const content = document.createElement('div')
  content.setAttribute('part', 'content')
  content.append(document.createElement('slot'))
  return content
}
