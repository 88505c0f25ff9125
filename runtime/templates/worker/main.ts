// The template process: renders texts of plugins, which are hostile, and is killed when that takes too long.
// Invariant: it may read no file except its own code and the engine, and write none; texts travel in frames.

import { confineProcess } from '../../processes/child/confine.ts'
import { serveWorker } from '../../processes/child/serve-worker.ts'
import {
  type JobBody,
  MAX_VALUES_BYTES,
  REPLY_BYTES,
  type RenderedFile,
  type RenderReply,
  type TemplateCall,
  type ValuesBody,
  type ValuesReply,
} from '../format/engine-calls.ts'
import { createJob, type Job } from './job.ts'
import { renderValues } from './values.ts'

let job: Job | undefined

serveWorker<TemplateCall>((call, body) => {
  if (call.method === 'values') return values(read<ValuesBody>(body).values)
  if (call.method === 'begin') {
    job?.dispose()
    job = createJob(read<JobBody>(body))
    return { head: null }
  }
  if (job === undefined) throw new Error('No job has begun')
  return call.method === 'points' ? { head: job.points() } : render(job, call)
})
confineProcess()

function values(given: ValuesBody['values']): { head: ValuesReply; body: Uint8Array } {
  const { rendered, problems, broken } = renderValues(given)
  const body = Buffer.from(JSON.stringify(rendered))
  if (body.length <= MAX_VALUES_BYTES) return { head: { problems, broken }, body }
  const message = `The rendered values are larger than ${MAX_VALUES_BYTES} bytes together`
  return { head: { problems: [{ message }], broken }, body: Buffer.from('{}') }
}

/** As many as fit into one reply. */
function render(
  job: Job,
  { from, count }: { readonly from: number; readonly count: number },
): { head: RenderReply; body: Uint8Array } {
  const files: RenderedFile[] = []
  const texts: Uint8Array[] = []
  let size = 0
  for (let index = from; index < Math.min(job.size, from + count) && size < REPLY_BYTES; index++) {
    const { path, text, problems } = job.render(index)
    const bytes = Buffer.from(text)
    files.push({ path, bytes: bytes.length, problems })
    texts.push(bytes)
    size += bytes.length + JSON.stringify(problems).length
    if (job.broken) break
  }
  return { head: { files, broken: job.broken }, body: Buffer.concat(texts) }
}

function read<T>(body: Uint8Array | undefined): T {
  return JSON.parse(Buffer.from(body ?? []).toString()) as T
}
