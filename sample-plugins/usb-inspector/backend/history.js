// The last few events, newest first. Memory only: it begins anew with each instance.

const MOST = 50

export function createHistory() {
  const entries = []
  let count = 0
  return {
    add(type, device) {
      count += 1
      entries.unshift({ number: count, time: new Date().toISOString(), type, device })
      entries.length = Math.min(entries.length, MOST)
    },
    list: () => entries,
  }
}
