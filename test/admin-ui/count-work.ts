// How much a page works for what it shows, in counts that the load of the machine does not change.

import type { Page } from 'playwright-core'

export interface Scrolling {
  /** Of the element that is scrolled; by default the page. */
  readonly box?: string
  /** Of the rows. */
  readonly rows: string
  /** Of parts of rows that change by themselves. */
  readonly except?: string
  readonly steps: number
  /** Of a step, down; negative: up. */
  readonly pixels: number
}

export interface Work {
  /** Rows that were made. */
  readonly added: number
  /** Changes of rows that were there already. */
  readonly changed: number
}

/** Scrolls step by step, and waits after each until the page has followed. */
export async function workOf(page: Page, scrolling: Scrolling): Promise<Work> {
  return await page.evaluate(async ({ box, rows, except, steps, pixels }) => {
    const scrolled = box === undefined ? document.scrollingElement : document.querySelector(box)
    const parent = document.querySelector(rows)?.parentElement
    if (scrolled === null || !parent) throw new Error(`There is no ${box ?? rows}`)
    const isExcepted = (target: Node) => {
      const element = target instanceof Element ? target : target.parentElement
      return except !== undefined && element !== null && element.closest(except) !== null
    }
    let added = 0
    let changed = 0
    // A row is finished in the step in which it is made.
    let made: Node[] = []
    const count = (records: readonly MutationRecord[]) => {
      for (const { target, addedNodes } of records) {
        if (target === parent) {
          added += addedNodes.length
          made.push(...addedNodes)
        } else if (!made.some((row) => row.contains(target)) && !isExcepted(target)) changed++
      }
    }
    const observer = new MutationObserver(count)
    observer.observe(parent, { subtree: true, childList: true, attributes: true, characterData: true })
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    for (let step = 0; step < steps; step++) {
      count(observer.takeRecords())
      made = []
      scrolled.scrollBy(0, pixels)
      for (let frames = 0; frames < 3; frames++) await frame()
    }
    count(observer.takeRecords())
    observer.disconnect()
    return { added, changed }
  }, scrolling)
}

/** Counts how often an element is changed, until the function is called that it resolves with. */
export async function countCommits(
  page: Page,
  selector: string,
): Promise<() => Promise<{ readonly commits: number; readonly ms: number }>> {
  const counted = await page.evaluateHandle((selector) => {
    const element = document.querySelector(selector)
    if (element === null) throw new Error(`There is no ${selector}`)
    const counted = { commits: 0, began: performance.now() }
    const observer = new MutationObserver(() => counted.commits++)
    observer.observe(element, { subtree: true, childList: true, attributes: true })
    return counted
  }, selector)
  return () => counted.evaluate(({ commits, began }) => ({ commits, ms: performance.now() - began }))
}
