// Maps stacks of the linked backend to the author's files, lines and names, using the source map of the release.

import { readFile } from 'node:fs/promises'
import { originalPositionFor, sourceContentFor, TraceMap } from '@jridgewell/trace-mapping'
import { codeFrame } from '../../../sdk/text/code-frame.ts'
import type { Problem } from '../../errors.ts'

export interface StackMapper {
  /** The stack with positions in the author's files; unchanged where the map has no entry. */
  map(stack: string): Promise<string>
  /** The innermost position of a stack in the author's files, with the lines around it; empty without one. */
  place(stack: string): Promise<Pick<Problem, 'file' | 'line' | 'column' | 'frame'>>
}

/** A position in a linked script: `plugin:///<id>/backend.js:12:34`. */
const PLACE = /plugin:\/\/\/[a-z0-9-]+\/backend\.js:(\d+):(\d+)/g

export function createStackMapper(mapPath: string): StackMapper {
  let loading: Promise<TraceMap> | undefined
  const load = (): Promise<TraceMap> => {
    loading ??= readFile(mapPath, 'utf8').then((text) => new TraceMap(text))
    return loading
  }
  return {
    async place(stack) {
      const trace = await load()
      for (const [, line, column] of stack.matchAll(PLACE)) {
        const original = originalPositionFor(trace, { line: Number(line), column: Number(column) - 1 })
        if (original.source === null) continue
        const place = { file: fileOf(original.source), line: original.line, column: original.column + 1 }
        const source = sourceContentFor(trace, original.source)
        return source === null ? place : { ...place, frame: codeFrame(source, place.line, place.column) }
      }
      return {}
    },
    async map(stack) {
      const trace = await load()
      return stack
        .split('\n')
        .filter((line) => !(line.trimStart().startsWith('at ') && line.includes('plugbay:guest')))
        .join('\n')
        .replace(PLACE, (place, line: string, column: string) => {
          const original = originalPositionFor(trace, { line: Number(line), column: Number(column) - 1 })
          if (original.source === null) return place
          return `${fileOf(original.source)}:${original.line}:${original.column + 1}`
        })
    },
  }
}

function fileOf(source: string): string {
  return source.replace(/^plugin:\/\/\//, '')
}
