// What the benchmark uses of autocannon, which brings no types of its own.

declare module 'autocannon' {
  export interface Result {
    readonly non2xx: number
    /** Of connections, timeouts included. */
    readonly errors: number
    readonly requests: { readonly average: number; readonly total: number }
    readonly latency: { readonly p50: number; readonly p99: number }
  }
  export interface Run extends Promise<Result> {
    on(event: 'response', listener: () => void): this
    stop(): void
  }
  export default function autocannon(options: {
    readonly url: string
    readonly connections: number
    readonly duration: number
  }): Run
}
