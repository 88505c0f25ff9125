// What a frame with a bundle says to the page around it. Both sides know these messages, and the page trusts none of them.

export type FrameMessage =
  | { readonly plugbay: 'ready' }
  | { readonly plugbay: 'size'; readonly height: number }
  | { readonly plugbay: 'failed'; readonly message: string }

/** Of the text of a failure. */
const MAX_TEXT = 1000

/** Undefined for anything else. */
export function parseFrameMessage(data: unknown): FrameMessage | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { plugbay, height, message } = data as Readonly<Record<string, unknown>>
  if (plugbay === 'ready') return { plugbay }
  if (plugbay === 'size' && typeof height === 'number' && Number.isFinite(height)) return { plugbay, height }
  if (plugbay === 'failed' && typeof message === 'string')
    return { plugbay, message: message.slice(0, MAX_TEXT) }
  return undefined
}
