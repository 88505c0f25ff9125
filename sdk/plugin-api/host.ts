// Functions of the application that plugins may call.

import type { AskedNames } from './manifest-values.ts'

/**
 * The functions of the application, each with the types of `args`, `result`, and `body` where it takes one. `plugbay types` writes
 * them for a host: see [hosts.md](hosts.md#functions-of-the-application).
 */
export interface CallValues {}

export interface Host {
  /**
   * Calls a function of the application by its name. Argument and result are JSON, checked against the schemas of the application. Rejects
   * with `PERMISSION_DENIED`, `POINT_UNKNOWN`, `VALUE_INVALID` for an argument that the schema does not accept, with the code that the
   * application names, or with `HOST_CALL_FAILED`.
   *
   * The result of some functions is a `ReadableStream` of bytes, and some take a `body`; what streams may be of any size. `cancel()` of
   * the stream ends the call.
   * @example
   * const snapshot = await env.host.call('data.snapshot', {})
   * await snapshot.pipeTo(await file.createWritable())
   */
  call<Name extends CallNames>(
    name: Name,
    args: CallPartOf<Name, 'args'>,
    body?: CallBodyOf<Name>,
  ): Promise<CallPartOf<Name, 'result'>>
}

/** What a plugin may send beside the argument of a function. */
export type CallBody = ReadableStream<Uint8Array> | ArrayBuffer | ArrayBufferView | Blob | string

type CallNames = (keyof CallValues extends never ? string : keyof CallValues) & AskedNames<'host'>
type CallBodyOf<Name> = Name extends keyof CallValues
  ? CallValues[Name] extends { readonly body: infer Body }
    ? Body
    : undefined
  : CallBody
type CallPartOf<Name, Part extends 'args' | 'result'> = Name extends keyof CallValues
  ? CallValues[Name] extends Readonly<Record<Part, infer Value>>
    ? Value
    : unknown
  : unknown
