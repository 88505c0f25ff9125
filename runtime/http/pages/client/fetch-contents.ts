// Pictures, sounds and films of the own backend in a sandboxed page: elements send no header, so what one was refused is fetched for it.
// Runs in the browser. fetchContents() uses only its arguments and the browser, because pages get its source text (page-script.ts).

/** @param send fetch() that adds the page token */
export function fetchContents(send: typeof fetch, isOurs: (url: URL | null) => boolean): void {
  type Element = HTMLImageElement | HTMLMediaElement
  /** Addresses that were tried: the second failure is passed on to the page. */
  const tried = new WeakMap<Element, string>()
  const addressOf = (element: Element) => element.currentSrc || element.src

  async function load(element: Element, address: string): Promise<void> {
    const response = await send(address).catch(() => undefined)
    const content = response?.ok === true ? await response.blob().catch(() => undefined) : undefined
    // The page may have chosen another one meanwhile.
    if (addressOf(element) !== address) return
    if (content === undefined) return void element.dispatchEvent(new Event('error'))
    const url = URL.createObjectURL(content)
    if (element instanceof HTMLImageElement) {
      element.removeAttribute('srcset')
      element.addEventListener('load', () => URL.revokeObjectURL(url), { once: true })
    }
    element.src = url
  }

  // Events of elements do not bubble, but they pass the window on their way down.
  addEventListener(
    'error',
    (event) => {
      const { target } = event
      if (!(target instanceof HTMLImageElement || target instanceof HTMLMediaElement)) return
      const address = addressOf(target)
      if (!isOurs(URL.parse(address)) || tried.get(target) === address) return
      tried.set(target, address)
      event.stopImmediatePropagation()
      void load(target, address)
    },
    true,
  )
}
