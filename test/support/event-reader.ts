// Reads server-sent events from an answer, one by one.

export interface ReadEvent {
  readonly event: string
  readonly id: string
  readonly data: unknown
}

export interface EventReader {
  /** The next event; undefined when the stream has ended. Comments are passed over, but counted. */
  next(): Promise<ReadEvent | undefined>
  readonly comments: number
  /** Leaves, as a client that closes the page does. */
  cancel(): Promise<void>
}

/** @param check sees every event before the reader does */
export function readEvents(
  response: Response,
  check: (event: ReadEvent) => void = () => undefined,
): EventReader {
  if (response.body === null) throw new Error('The answer has no body')
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  let comments = 0
  return {
    get comments() {
      return comments
    },
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n')
        if (end === -1) {
          const { done, value } = await reader.read()
          if (done) return undefined
          text += value
          continue
        }
        const block = text.slice(0, end)
        text = text.slice(end + 2)
        if (block.startsWith(':')) {
          comments += 1
          continue
        }
        const event = parse(block)
        check(event)
        return event
      }
    },
    cancel: () => reader.cancel(),
  }
}

function parse(block: string): ReadEvent {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  return {
    event: fields.get('event') ?? '',
    id: fields.get('id') ?? '',
    data: JSON.parse(fields.get('data') ?? 'null'),
  }
}
