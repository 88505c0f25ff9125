// Maps stacks of the linked backend to the author's files, lines and names, by the source map of the release.

import { readFile } from 'node:fs/promises'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'

export interface StackMapper {
  /** The stack with places in the author's files; as it is where the map has nothing. */
  map(stack: string): Promise<string>
}

/** A place in a linked script: `plugin:///<id>/backend.js:12:34`. */
const PLACE = /plugin:\/\/\/[a-z0-9-]+\/backend\.js:(\d+):(\d+)/g

export function createStackMapper(mapPath: string): StackMapper {
  let loading: Promise<TraceMap> | undefined
  return {
    async map(stack) {
      loading ??= readFile(mapPath, 'utf8').then((text) => new TraceMap(text))
      const trace = await loading
      return stack
        .split('\n')
        .filter((line) => !line.includes('plugbay:guest'))
        .join('\n')
        .replace(PLACE, (place, line: string, column: string) => {
          const original = originalPositionFor(trace, { line: Number(line), column: Number(column) - 1 })
          if (original.source === null) return place
          return `${original.source.replace(/^plugin:\/\/\//, '')}:${original.line}:${original.column + 1}`
        })
    },
  }
}
