// One part of a page: a bundle in its element. A part that fails leaves the page as it would be without it.

import type { Bundle } from '../api/bundles.ts'
import type { FailureDetail } from './failure-detail.ts'
import { report } from './server.ts'

/** A bundle has this long to show itself. */
const START_MS = 10_000

export interface PartRequest {
  readonly bundle: Bundle
  readonly slot: string | null
  readonly params: Readonly<Record<string, unknown>>
  /** Pixels that a frame may have. */
  readonly maxHeight: number
}

export interface Part {
  /** To be put into the page. */
  readonly element: HTMLElement
  /** Settles when the bundle shows itself. Rejects with the reason why it does not, in time. */
  readonly shown: Promise<void>
  /** Calls the listener when the bundle fails later; `isOver`: it shows nothing any more. */
  onFailure(listener: (error: unknown, isOver: boolean) => void): void
  /** The element is about to leave the page. */
  close(): void
  /** Leaves what is below and beside it as if it had never been there. Nothing else is moved: a frame that is moved starts again. */
  takeOut(): void
}

/** Rejects when the promise takes too long. */
export async function inTime<T>(what: string, promise: Promise<T>, ms = START_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** To the console, to the page as an event of the element, and to the operator. */
export function tellFailure(element: HTMLElement, bundle: Bundle, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  const detail: FailureDetail = { plugin: bundle.plugin, bundle: bundle.id, message }
  console.error(`[plugbay] The bundle "${bundle.id}" of "${bundle.plugin}" failed: ${message}`)
  element.dispatchEvent(new CustomEvent('plugbay-failure', { detail, bubbles: true, composed: true }))
  void report(bundle, message)
}
