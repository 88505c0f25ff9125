// What a plugin is compared with that passes long bodies: a bare Node server in front of another one in a process of its own,
// bodies piped through. Answers as bodiesPlugin() does.

import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { startServer } from '../processes/server-process.ts'

const back = await startServer(new URL('bare-bodies.ts', import.meta.url))

const front = createServer((request, response) => {
  pass(request, response).catch((error: unknown) => response.destroy(error as Error))
}).listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(front.address() as AddressInfo).port}`))

async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '/', headers } = request
  const onward = send(back.url + url, { method, headers })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    onward.once('response', resolve).once('error', reject)
  })
  const uploaded = pipeline(request, onward)
  const answer = await answered
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  await Promise.all([uploaded, pipeline(answer, response)])
}

process.stdin.on('end', async () => {
  front.close()
  await back.stop()
  process.exit(0)
})
process.stdin.resume()
