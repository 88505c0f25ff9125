// The overlay that shows the problems of the last save in a page. Runs in the browser.
// Invariant: createOverlay() uses only its own body and the browser, because pages get its source text (client-script.ts).

import type { Problem } from '../../errors.ts'

export interface OverlayWords {
  readonly title: string
  readonly note: string
  /** Opens the place of a problem in the editor; absent where that cannot be. */
  readonly open?: ((problem: Problem) => void) | undefined
}

export interface Overlay {
  /** Problems are optional: a title and a note may be enough. */
  show(problems: readonly Problem[], words: OverlayWords): void
  hide(): void
}

/** Problems are shown as text: they never become markup of the page. */
export function createOverlay(): Overlay {
  const style = `
    :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; display: block; border: 0; padding: 0; margin: 0;
      width: auto; height: auto; max-width: none; max-height: none; background: none; overflow: hidden; color-scheme: dark }
    .back { position: absolute; inset: 0; overflow: auto; background: #0b0d12e0; font: 15px/1.5 system-ui, sans-serif; color: #e8eaf0 }
    .box { box-sizing: border-box; max-width: 60rem; margin: 6vh auto; padding: 1.25rem 1.5rem 1rem; background: #171a21;
      border: 1px solid #353b48; border-top: 4px solid #ff6b6b; border-radius: 8px; box-shadow: 0 16px 48px #0009 }
    .top { display: flex; justify-content: space-between; align-items: start; gap: 1rem }
    h1 { margin: 0; font-size: 1rem; font-weight: 600; color: #ff8f8f }
    button { font: inherit; color: inherit; background: #262b36; border: 1px solid #454c5c; border-radius: 5px;
      padding: .1rem .65rem; cursor: pointer }
    button:focus-visible { outline: 2px solid #8ab4ff; outline-offset: 2px }
    section { margin-top: 1.1rem }
    section + section { border-top: 1px solid #2b303b; padding-top: 1.1rem }
    p { margin: 0; overflow-wrap: anywhere }
    .message { font-weight: 600 }
    .place { text-align: start; overflow-wrap: anywhere; font: 13px/1.6 ui-monospace, Consolas, monospace; color: #8ab4ff }
    button.place { background: none; border: 0; padding: 0; text-decoration: underline; text-underline-offset: 3px }
    .code { float: right; margin-left: 1rem; font: 12px/1.9 ui-monospace, Consolas, monospace; color: #9aa3b5 }
    pre { margin: .5rem 0; padding: .65rem .8rem; overflow: auto; background: #0e1015; border-radius: 5px;
      font: 13px/1.5 ui-monospace, Consolas, monospace; color: #cfd5e2; tab-size: 2 }
    pre .mark { display: inline-block; min-width: 100%; background: #ff6b6b26; color: #fff }
    .hint { color: #b9c2d3 }
    .note { margin-top: 1.2rem; color: #9aa3b5; font-size: 13px }
  `
  let host: HTMLElement | undefined

  function element(tag: string, className: string, text = ''): HTMLElement {
    const made = document.createElement(tag)
    made.className = className
    made.textContent = text
    return made
  }

  function frameOf(frame: string): HTMLElement {
    const pre = element('pre', 'frame')
    for (const line of frame.split('\n')) {
      const marked = line.startsWith('>')
      pre.append(marked ? element('span', 'mark', line) : line, '\n')
    }
    return pre
  }

  function placeOf(problem: Problem, open: OverlayWords['open']): HTMLElement | undefined {
    const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':')
    const pointer = problem.pointer ? ` at ${problem.pointer}` : ''
    if (place + pointer === '') return undefined
    if (open === undefined || problem.file === undefined) return element('p', 'place', place + pointer)
    const link = element('button', 'place', place + pointer)
    link.setAttribute('type', 'button')
    link.title = 'Open in the editor'
    link.addEventListener('click', () => open(problem))
    return link
  }

  function sectionOf(problem: Problem, open: OverlayWords['open']): HTMLElement {
    const section = element('section', 'problem')
    section.append(element('span', 'code', problem.code), element('p', 'message', problem.message))
    const place = placeOf(problem, open)
    if (place !== undefined) section.append(place)
    if (problem.frame !== undefined) section.append(frameOf(problem.frame))
    if (problem.hint !== undefined) section.append(element('p', 'hint', `→ ${problem.hint}`))
    return section
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') hide()
  }

  function hide(): void {
    document.removeEventListener('keydown', onKey, true)
    host?.remove()
    host = undefined
  }

  function show(problems: readonly Problem[], { title: news, note, open }: OverlayWords): void {
    hide()
    host = document.createElement('plugbay-problems')
    const title = element('h1', 'title', news)
    const close = element('button', 'close', 'Close')
    close.setAttribute('type', 'button')
    close.addEventListener('click', hide)
    const top = element('div', 'top')
    top.append(title, close)
    const box = element('div', 'box')
    box.setAttribute('role', 'alertdialog')
    box.setAttribute('aria-label', title.textContent ?? '')
    box.append(top, ...problems.map((problem) => sectionOf(problem, open)), element('p', 'note', note))
    const back = element('div', 'back')
    back.append(box)
    const sheet = document.createElement('style')
    sheet.textContent = style
    host.attachShadow({ mode: 'open' }).append(sheet, back)
    document.documentElement.append(host)
    document.addEventListener('keydown', onKey, true)
    // The top layer is above the page's own dialogs.
    host.popover = 'manual'
    host.showPopover()
  }

  return { show, hide }
}
