// The plugins of the benchmark. The worker is the same text everywhere: in Plugbay and on workerd.

import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const WORKER = `export default {
  fetch(request) {
    const { pathname } = new URL(request.url)
    const name = pathname.slice(pathname.lastIndexOf('/') + 1)
    return Response.json({ hello: decodeURIComponent(name) })
  },
}
`

export type Files = Readonly<Record<string, string | Uint8Array>>

export function helloPlugin(id = 'hello', version = '1.0.0'): Files {
  return {
    'manifest.json': JSON.stringify({ manifestVersion: 1, access: 'public', id, name: 'Hello', version }),
    'backend/index.js': WORKER,
    'frontend/index.html': '<!doctype html><title>Hello</title><script type="module" src="app.js"></script>',
    'frontend/app.js': `document.title = 'Hello'; // ${'x'.repeat(20_000)}`,
  }
}

/** Computes for as many milliseconds as it is asked for. */
export function busyPlugin(): Files {
  return {
    'manifest.json': JSON.stringify({
      manifestVersion: 1,
      access: 'public',
      id: 'busy',
      name: 'Busy',
      version: '1.0.0',
    }),
    'backend/index.js': `export default {
      fetch(request) {
        const end = Date.now() + Number(new URL(request.url).searchParams.get('ms'))
        let sum = 0
        while (Date.now() < end) for (let n = 0; n < 10_000; n++) sum += Math.sqrt(n)
        return Response.json({ sum })
      },
    }`,
  }
}

/** Stores something. */
export function storingPlugin(): Files {
  return {
    'manifest.json': JSON.stringify({
      ...{ manifestVersion: 1, access: 'public', id: 'storing', name: 'Storing', version: '1.0.0' },
      permissions: { kv: true },
    }),
    'backend/index.js': `export default {
      async fetch(request, env) {
        await env.kv.put('key', 'value')
        return Response.json({ stored: await env.kv.get('key') })
      },
    }`,
  }
}

/** Keeps files, and answers with them. */
export function filesPlugin(): Files {
  return {
    'manifest.json': JSON.stringify({
      ...{ manifestVersion: 1, access: 'public', id: 'album', name: 'Album', version: '1.0.0' },
      permissions: { files: true },
    }),
    'backend/index.js': `export default {
      async fetch(request, { files }) {
        const key = new URL(request.url).pathname.slice(1)
        if (request.method !== 'PUT') return await files.respond(request, key)
        return Response.json(await files.put(key, request.body))
      },
    }`,
  }
}

/** Long bodies: reads one and counts it, makes one, hands one back. */
export function bodiesPlugin(): Files {
  return {
    'manifest.json': JSON.stringify({
      manifestVersion: 1,
      access: 'public',
      id: 'bodies',
      name: 'Bodies',
      version: '1.0.0',
    }),
    'backend/index.js': `
      const block = new Uint8Array(${BLOCK_BYTES})

      async function count(stream) {
        let bytes = 0
        for await (const chunk of stream) bytes += chunk.byteLength
        return bytes
      }

      function make(bytes) {
        let left = bytes
        return new ReadableStream({
          pull(controller) {
            controller.enqueue(left < block.byteLength ? block.slice(0, left) : block)
            left -= block.byteLength
            if (left <= 0) controller.close()
          },
        })
      }

      export default {
        async fetch(request) {
          const { pathname, searchParams } = new URL(request.url)
          if (pathname.endsWith('/upload')) return new Response(String(await count(request.body)))
          if (pathname.endsWith('/download')) return new Response(make(Number(searchParams.get('bytes'))))
          return new Response(request.body)
        },
      }
    `,
  }
}

/** Of what makes or sends a long body. */
export const BLOCK_BYTES = 64 * 1024

/** Sends back every message of a WebSocket. */
export function echoPlugin(): Files {
  return {
    'manifest.json': JSON.stringify({
      manifestVersion: 1,
      access: 'public',
      id: 'echo',
      name: 'Echo',
      version: '1.0.0',
    }),
    'backend/index.js': `export default {
      fetch() {
        const [client, server] = Object.values(new WebSocketPair())
        server.accept()
        server.addEventListener('message', ({ data }) => server.send(data))
        return new Response(null, { status: 101, webSocket: client })
      },
    }`,
  }
}

/** Brings down V8, and with it the process. */
export function crashingPlugin(version: string): Files {
  return {
    'manifest.json': JSON.stringify({
      manifestVersion: 1,
      access: 'public',
      id: 'crashing',
      name: 'Crashing',
      version,
    }),
    'backend/index.js': `export default {
      fetch() {
        const more = '$&'.repeat(100)
        let text = 'a'.repeat(1e4)
        for (let n = 0; n < 8; n++) text = text.replace(/a/g, more)
        return new Response(String(text.length))
      },
    }`,
  }
}

/** About a megabyte that does not compress, so that the zip is as large. */
export function largePlugin(version: string): Files {
  const files: Record<string, string | Uint8Array> = { ...helloPlugin('large', version) }
  for (let index = 0; index < 10; index++) files[`frontend/image-${index}.png`] = randomBytes(100_000)
  return files
}

export async function writeFolder(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}
