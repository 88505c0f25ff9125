// What the elements of this package have in common: they ask the runtime when they enter a page, and again when an attribute changes.
// Invariant: an answer to what was asked before is not shown any more.

/** A server that renders pages may import this, too. */
const Base = typeof HTMLElement === 'undefined' ? (class {} as typeof HTMLElement) : HTMLElement

/** `isCurrent`: whether what was asked for is still what the element should show. */
export type IsCurrent = () => boolean

export abstract class PageElement extends Base {
  readonly #shadow = this.attachShadow({ mode: 'open' })
  /** Changes with every change of what is asked for. */
  #turn = 0
  #isPlanned = false

  connectedCallback(): void {
    this.#shadow.adoptedStyleSheets = [this.styles()]
    this.#plan()
  }

  disconnectedCallback(): void {
    this.#turn += 1
    this.clear(this.#shadow)
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#plan()
  }

  /** Asks again what there is, for example after a plugin was enabled. */
  refresh(): Promise<void> {
    return this.#load()
  }

  /** One sheet for all elements of a kind. */
  protected abstract styles(): CSSStyleSheet

  /** Leaves the content of the page itself. */
  protected abstract clear(shadow: ShadowRoot): void

  /** Asks, and shows what has come. What it throws is written to the console. */
  protected abstract load(shadow: ShadowRoot, isCurrent: IsCurrent): Promise<void>

  /** Of what is asked for: that of the element, else that of the document. */
  protected get language(): string {
    return this.lang || document.documentElement.lang
  }

  protected get params(): Readonly<Record<string, unknown>> {
    const text = this.getAttribute('params')
    return text === null || text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>)
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
    const isCurrent = () => turn === this.#turn
    this.ariaBusy = 'true'
    this.clear(this.#shadow)
    try {
      await this.load(this.#shadow, isCurrent)
    } catch (error) {
      console.error(`[plugbay] ${error instanceof Error ? error.message : String(error)}`)
    }
    if (isCurrent()) this.ariaBusy = null
  }
}

export function styleSheet(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  return sheet
}
