// A WebSocket that a visitor requests: the offer of the listener, and the plugin's side after its 101.

import type { ReceiveStream, SendStream } from '../../../sdk/protocol/streams.ts'

export interface SocketOffer {
  /** Sub-protocols that the plugin may choose from. */
  readonly protocols: readonly string[]
  /**
   * Completes the handshake, instead of a response through the sink. Undefined: the visitor has disconnected; the call is
   * cancelled.
   */
  accept(answer: SocketAnswer): AcceptedSocket | undefined
}

export interface AcceptedSocket {
  /** Closes it; what the plugin has sent before still arrives. */
  close(code: number): void
  /** Closes it at once: nothing that has not left yet arrives. */
  cut(code: number): void
}

export interface SocketAnswer {
  /** Names and values alternate. */
  readonly headers: readonly string[]
  readonly protocol: string | undefined
  readonly guest: GuestSocket
  /** Called once, when the visitor's side is closed. */
  readonly onClose: () => void
}

/** The plugin's side of a WebSocket; messages are as in sdk/protocol/socket-wire.ts. */
export interface GuestSocket {
  readonly upload: SendStream
  readonly messages: ReceiveStream
  /** Ends the plugin's side; `messages` fails. */
  cancel(): void
}
