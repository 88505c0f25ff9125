// A request to a plugin's pages and assets, from its arrival to the last byte: place, answer, sending.
// Invariant: it holds its place until the client has everything or has left; after waiting, it gets the answer of that moment.

import { ERROR_CODES } from '../../errors.ts'
import { type Answer, sendAnswer } from '../exchange/answer.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { ResponseSource } from '../exchange/response-sink.ts'
import type { LeaveQueue, PagePlaces, Place, PlaceSeeker } from './page-places.ts'

export interface PageServer {
  /** The answer of what serves now, to a visitor who has not ended. */
  answerPage(exchange: Exchange): Answer | Promise<Answer>
  /** The answer to a request that got no place. */
  refusePage(exchange: Exchange, retryAfterMs: number): Answer
}

/** Memory of a stream: the piece that is being sent, and the next one. */
const STREAM_BYTES = 256 * 1024

export class PageRequest implements PlaceSeeker, ResponseSource {
  readonly #exchange: Exchange
  readonly #server: PageServer
  #leave: LeaveQueue | undefined

  constructor(exchange: Exchange, server: PageServer) {
    this.#exchange = exchange
    this.#server = server
  }

  run(places: PagePlaces): void {
    this.#leave = places.admit(this)
    if (this.#leave !== undefined) this.#exchange.sink.source = this
  }

  start(place: Place): void {
    const { sink } = this.#exchange
    sink.source = undefined
    sink.hold = place
    if (sink.isClosed) {
      place.release()
      return sink.answer(ERROR_CODES.PLUGIN_UNAVAILABLE.status, [], undefined)
    }
    const answer = this.#server.answerPage(this.#exchange)
    if (answer instanceof Promise) void answer.then((ready) => this.#send(ready, place))
    else this.#send(answer, place)
  }

  refuse(retryAfterMs: number): void {
    const { sink } = this.#exchange
    sink.source = undefined
    sendAnswer(this.#server.refusePage(this.#exchange, retryAfterMs), sink)
  }

  /** The client leaves the queue. */
  onClose(): void {
    this.#leave?.()
  }

  onDrain(): void {}

  #send(answer: Answer, place: Place): void {
    place.keep(bytesOf(answer.body))
    sendAnswer(answer, this.#exchange.sink)
  }
}

function bytesOf(body: Answer['body']): number {
  if (body === null) return 0
  return typeof body === 'string' || body instanceof Uint8Array ? body.length : STREAM_BYTES
}
