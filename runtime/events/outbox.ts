// Outboxes: events that an application stores in a transaction of its own database, and that the runtime takes from there.
// Invariant: an event is removed from an outbox after it is stored here, so that a crash in between sends it twice, and never loses it.

/** An event as it stands in an outbox. */
export interface OutboxEvent {
  /** Of the row: another one for each event. */
  readonly id: string
  readonly name: string
  readonly data: unknown
  readonly key?: string | null
}

/** A table of the application: see `sqliteOutbox`. */
export interface Outbox {
  /** The oldest ones. */
  take(limit: number): readonly OutboxEvent[] | Promise<readonly OutboxEvent[]>
  remove(ids: readonly string[]): void | Promise<void>
}

export interface OutboxOptions {
  /** How often to look, in milliseconds: 1000 by default. `notify()` of the relay looks at once. */
  readonly everyMs?: number
}

export interface OutboxRelay {
  /** The application has committed events. */
  notify(): void
  /** Ends it; waits for what is under way. */
  close(): Promise<void>
}

export interface RelayParts {
  /** Checks an event. What it resolves with stores the event; undefined for one that can never be sent, which is reported. */
  readonly prepare: (event: OutboxEvent) => Promise<(() => Promise<unknown>) | undefined>
  readonly onError: (error: unknown) => void
}

const BATCH = 200

/** Sends what is in the outbox, in order, until it is closed. What cannot be stored now stays, and so does what is behind it. */
export function relayOutbox(
  outbox: Outbox,
  { prepare, onError }: RelayParts,
  { everyMs = 1000 }: OutboxOptions = {},
): OutboxRelay {
  let isOpen = true
  let again = false
  let running: Promise<void> | undefined
  const relay = async () => {
    do {
      again = false
      const events = await outbox.take(BATCH)
      if (events.length === 0) continue
      const sent: string[] = []
      try {
        const stored: (Promise<unknown> | undefined)[] = []
        // In order, and many in one transaction.
        for (const event of events) stored.push((await prepare(event))?.())
        const results = await Promise.allSettled(stored)
        const failed = results.findIndex(({ status }) => status === 'rejected')
        sent.push(...events.slice(0, failed === -1 ? undefined : failed).map(({ id }) => id))
        const failure = results[failed]
        if (failure?.status === 'rejected') throw failure.reason
      } finally {
        await outbox.remove(sent)
      }
      again = true
    } while (again && isOpen)
  }
  const notify = () => {
    again = true
    if (!isOpen || running !== undefined) return
    running = relay()
      .catch(onError)
      .finally(() => {
        running = undefined
      })
  }
  const timer = setInterval(notify, everyMs).unref()
  notify()
  return {
    notify,
    async close() {
      isOpen = false
      clearInterval(timer)
      await running
    },
  }
}
