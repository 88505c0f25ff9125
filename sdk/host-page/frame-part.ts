// A bundle in a sandboxed frame that is as tall as its content.
// Invariant: nothing that the frame says reaches further than its own height and its own failure.

import { parseFrameMessage } from './frame-messages.ts'
import { inTime, type Part, type PartRequest } from './part.ts'

/** The server's answer says it too; what a lost header would allow, the element does not. */
const SANDBOX = 'allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads'

/** Of one frame that are passed on, after it has shown itself. */
const MAX_FAILURES = 5

export function framePart({ bundle, params, maxHeight }: PartRequest): Part {
  const frame = document.createElement('iframe')
  frame.setAttribute('sandbox', SANDBOX)
  frame.title = bundle.title
  frame.referrerPolicy = 'no-referrer'
  frame.allow = ''
  frame.style.cssText = 'display: block; inline-size: 100%; block-size: 0; border: 0; background: none'
  frame.src =
    Object.keys(params).length === 0 ? (bundle.frame ?? '') : `${bundle.frame}&${withParams(params)}`
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let listener: Parameters<Part['onFailure']>[0] | undefined
  let failures = 0
  const fail = (error: Error, isOver: boolean) => {
    reject(error)
    failures += 1
    if (isOver || failures <= MAX_FAILURES) listener?.(error, isOver)
  }

  let height = 0
  let isWaiting = false
  /** Once in an animation frame, whatever the frame says in between. */
  const resize = () => {
    isWaiting = false
    frame.style.blockSize = `${height}px`
  }
  const hear = ({ source, origin, data }: MessageEvent) => {
    if (source !== frame.contentWindow || origin !== 'null') return
    const message = parseFrameMessage(data)
    if (message?.plugbay === 'ready') resolve()
    if (message?.plugbay === 'failed') fail(new Error(message.message), false)
    if (message?.plugbay !== 'size') return
    height = Math.min(Math.max(message.height, 0), maxHeight)
    if (!isWaiting) requestAnimationFrame(resize)
    isWaiting = true
  }
  addEventListener('message', hear)

  let loads = 0
  frame.addEventListener('load', () => {
    loads += 1
    // Where it has gone, it could draw anything in the name of the application.
    if (loads > 1) fail(new Error('It left its page'), true)
  })
  return {
    element: frame,
    shown: inTime('Its start', promise),
    onFailure: (call) => {
      listener = call
    },
    close: () => removeEventListener('message', hear),
    takeOut: () => frame.remove(),
  }
}

function withParams(params: PartRequest['params']): string {
  return new URLSearchParams({ params: JSON.stringify(params) }).toString()
}
