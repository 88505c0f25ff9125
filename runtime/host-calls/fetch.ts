// The host call behind fetch(): only to granted origins, with the plugin's secrets inserted (fetch-secrets.ts).
// Invariant: a secret goes only to the origins that it is granted for, and what comes back of it is masked and reported.

import type { FetchResponseHead } from '../../sdk/protocol/fetch-wire.ts'
import type { ReceiveStream } from '../../sdk/protocol/streams.ts'
import type { Egress, EgressResponse } from '../egress/egress.ts'
import type { EgressBody } from '../egress/follow.ts'
import { PlugbayError } from '../errors.ts'
import { bytesOf } from '../sandbox/instance/host-streams.ts'
import { fetchArguments } from './fetch-arguments.ts'
import { prepareSecrets } from './fetch-secrets.ts'
import { type Caller, type Handlers, replaced } from './host-calls.ts'
import { watchMandate } from './watch-mandate.ts'

export function fetchHandlers(egress: Egress): Pick<Handlers, 'net.fetch'> {
  return {
    async 'net.fetch'(caller, args, body, { upload, signal }) {
      const { method, target, headers, redirect, bodyLength } = fetchArguments(args)
      const { mandate, secrets } = caller
      const permitOrigin = ({ origin }: URL) => mandate.authorize({ permission: 'network', value: [origin] })
      const permitSecret = (name: string) =>
        mandate.authorize({ permission: 'secrets', value: { [name]: [target.origin] } })
      permitOrigin(target)
      const sent = bodyOf(body, upload, { bodyLength, maxBytes: egress.limits.maxRequestBytes })
      const { used, ...prepared } = prepareSecrets(secrets, { target, headers, body: sent }, permitSecret)
      let current = target
      const requirePermitted = () => {
        permitOrigin(current)
        // Other origins get no secret.
        if (current.origin === target.origin) used.forEach(permitSecret)
      }
      const permit = (url: URL) => {
        if (caller.isReadOnly) throw replaced()
        current = url
        requirePermitted()
      }
      const watch = watchMandate(mandate, signal, requirePermitted)
      try {
        const answer = await egress.request(
          { method, ...prepared, bodyLength, redirect },
          { pluginId: caller.pluginId, permit, signal: watch.signal },
        )
        // The plugin gets the address back as it knows it, whatever the secret in it looks like.
        const isAsSent = answer.url === withoutHash(prepared.url)
        const known = isAsSent ? { ...answer, url: withoutHash(target) } : answer
        const { head, stream } = hiddenAnswer(known, caller)
        if (stream === undefined) watch.stop()
        return { head, stream: stream && untilEnd(stream, watch.stop) }
      } catch (error) {
        watch.stop()
        throw hiddenIn(error, secrets)
      }
    },
  }
}

async function* untilEnd(stream: AsyncIterable<Uint8Array>, onEnd: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* stream
  } finally {
    onEnd()
  }
}

function bodyOf(
  body: Uint8Array | undefined,
  upload: ReceiveStream | undefined,
  { bodyLength = 0, maxBytes }: { readonly bodyLength: number | undefined; readonly maxBytes: number },
): EgressBody {
  if (bodyLength > maxBytes || (body?.byteLength ?? 0) > maxBytes) throw tooLarge(maxBytes)
  return upload === undefined ? body : capped(bytesOf(upload), maxBytes)
}

async function* capped(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sent = 0
  for await (const chunk of source) {
    sent += chunk.byteLength
    if (sent > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

function tooLarge(maxBytes: number): PlugbayError {
  return new PlugbayError('QUOTA_EXCEEDED', `The body of the request is larger than ${maxBytes} bytes`)
}

function withoutHash(url: URL): string {
  const bare = new URL(url)
  bare.hash = ''
  return bare.href
}

/** What a server answers must not reveal the value of a secret to a plugin, wherever the server put it. */
function hiddenAnswer(
  answer: EgressResponse,
  { secrets, onEcho }: Caller,
): { readonly head: FetchResponseHead; readonly stream: AsyncGenerator<Uint8Array> | undefined } {
  const { status, redirected, body } = answer
  const { origin } = new URL(answer.url)
  const hide = (text: string) => secrets.hide(text, (name) => onEcho({ name, origin, place: 'head' }))
  const head = {
    status,
    statusText: hide(answer.statusText),
    headers: answer.headers.map((text, index) => (index % 2 === 0 ? text : hide(text))),
    url: hide(answer.url),
    redirected,
  }
  const { search } = secrets
  const stream =
    body === undefined || search === undefined
      ? body
      : search.mask(body, (name) => onEcho({ name, origin, place: 'body' }))
  return { head, stream }
}

/** Errors name origins, and a server chooses where it redirects to. */
function hiddenIn(error: unknown, secrets: Caller['secrets']): unknown {
  if (!(error instanceof PlugbayError)) return error
  const message = secrets.hide(error.message)
  return message === error.message ? error : new PlugbayError(error.code, message, { cause: error })
}
