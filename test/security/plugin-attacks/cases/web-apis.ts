// Attacks by way of the web's own APIs: streams, compression, cryptography, clones, bodies, events and sockets. The list of
// attacks has few of them, so they have ids of their own.

import { type AttackCase, untilReplaced } from '../attack-case.ts'
import { ANY, ENDED, FAILED } from './outcomes.ts'

export const WEB_API_CASES: readonly AttackCase[] = [
  {
    id: 'W01',
    title: 'stream that is filled without anybody who reads',
    attack: 'new ReadableStream({start(c){for(;;)c.enqueue(new Uint8Array(1e6))}}); return 1',
    answers: FAILED,
  },
  {
    id: 'W02',
    title: 'tee() of an endless stream, one branch of which is read',
    attack: `const [a]=new ReadableStream({pull(c){c.enqueue(new Uint8Array(1e6).fill(1))}}).tee();
      const reader=a.getReader(); for(;;)await reader.read()`,
    answers: FAILED,
  },
  {
    id: 'W03',
    title: 'endless stream into a sink that takes everything',
    attack: 'await new ReadableStream({pull(c){c.enqueue(new Uint8Array(10))}}).pipeTo(new WritableStream())',
    answers: ENDED,
    isReplaced: true,
  },
  {
    id: 'W04',
    title: 'endless stream into a sink, after the answer',
    attack:
      'sleep(10).then(()=>new ReadableStream({pull(c){c.enqueue(new Uint8Array(10))}}).pipeTo(new WritableStream())); return 1',
    answers: [200],
    isReplaced: true,
    drive: untilReplaced,
  },
  {
    id: 'W05',
    title: 'chain of 5,000 transform streams',
    attack: `let s=new Response('x').body; for(let i=0;i<5000;i++)s=s.pipeThrough(new TransformStream());
      return await new Response(s).text()`,
    answers: ANY,
    says: /^x$/,
  },
  {
    id: 'W06',
    title: 'answer that inflates to gigabytes, read whole',
    attack: `const zeros=new Uint8Array(1e6); let n=0;
      const packed=new ReadableStream({pull(c){if(n++<3000)c.enqueue(zeros);else c.close()}}).pipeThrough(new CompressionStream('gzip'));
      return (await new Response(packed.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer()).byteLength`,
    answers: FAILED,
  },
  {
    id: 'W07',
    title: '10,000 compressions at once',
    attack: `const open=[];
      for(let i=0;i<10000;i++){const s=new CompressionStream('gzip');const w=s.writable.getWriter();open.push(s);w.write(new Uint8Array(10)).catch(()=>{});w.closed.catch(()=>{})}
      await sleep(300); return 1`,
    answers: ANY,
  },
  {
    id: 'W08',
    title: 'compression without end after the answer',
    attack: `const big=new Uint8Array(1e6).map(()=>Math.random()*256);
      new ReadableStream({pull(c){c.enqueue(big)}}).pipeThrough(new CompressionStream('brotli')).pipeTo(new WritableStream()); return 1`,
    answers: [200],
    isReplaced: true,
    drive: untilReplaced,
  },
  {
    id: 'W09',
    title: 'RSA keys of 16,384 bits, and a hundred of 4,096',
    attack: `const rsa=(modulusLength)=>crypto.subtle.generateKey({name:'RSA-PSS',modulusLength,publicExponent:new Uint8Array([1,0,1]),hash:'SHA-256'},false,['sign','verify']);
      const huge=await rsa(16384).catch(e=>e); if(!(huge instanceof Error))return 'made';
      await Promise.allSettled(Array.from({length:100},()=>rsa(4096))); return 'refused'`,
    answers: ANY,
    says: /^refused$/,
  },
  {
    id: 'W10',
    title: 'keys without end',
    attack: `const kept=[]; try{for(;;)kept.push(await crypto.subtle.generateKey({name:'AES-GCM',length:256},true,['encrypt']))}catch(e){return e.name}`,
    answers: [200, ...FAILED],
    says: /^QuotaExceededError$/,
  },
  {
    id: 'W11',
    title: 'random bytes for ever',
    attack: 'const b=new Uint8Array(65536); for(;;)crypto.getRandomValues(b)',
    answers: ENDED,
    isReplaced: true,
  },
  {
    id: 'W12',
    title: 'a thousand digests of 20 MB at once',
    attack: `const b=new Uint8Array(20e6); await Promise.all(Array.from({length:1000},()=>crypto.subtle.digest('SHA-512',b))); return 1`,
    answers: ANY,
  },
  {
    id: 'W13',
    title: 'clone of an object of depth 100,000',
    attack:
      'let o={}; let p=o; for(let i=0;i<1e5;i++)p=p.a={}; try{structuredClone(o)}catch(e){return e.name} return "cloned"',
    answers: ANY,
  },
  {
    id: 'W14',
    title: 'clones that are kept',
    attack: 'const o=Array.from({length:1e4},(_, i)=>({i})); const k=[]; for(;;)k.push(structuredClone(o))',
    answers: FAILED,
  },
  {
    id: 'W15',
    title: 'Blob that holds itself, forty times over',
    attack: `let b=new Blob(['x'.repeat(1e6)]); for(let i=0;i<40;i++)b=new Blob([b,b]); return (await b.arrayBuffer()).byteLength`,
    answers: FAILED,
  },
  {
    id: 'W16',
    title: 'form of a million fields as the answer',
    attack: `const f=new FormData(); for(let i=0;i<1e6;i++)f.append('k'+i,'v'); return new Response(f)`,
    answers: [0, ...ANY],
  },
  {
    id: 'W17',
    title: 'a million signals that depend on one, and a million that time out',
    attack: `const c=new AbortController(); const k=[]; let n=0;
      for(let i=0;i<1e6;i++)k.push(AbortSignal.any([c.signal])); try{for(;n<1e6;n++)k.push(AbortSignal.timeout(1e6))}catch{} c.abort(); return n`,
    answers: ANY,
  },
  {
    id: 'W18',
    title: 'listener that dispatches to itself',
    attack:
      'const t=new EventTarget(); t.addEventListener("x",()=>t.dispatchEvent(new Event("x"))); t.dispatchEvent(new Event("x")); return 1',
    answers: ANY,
  },
  {
    id: 'W19',
    title: 'decoding of 50 MB for ever',
    attack: `const b=new Uint8Array(5e7).fill(65); for(;;)new TextDecoder('shift_jis').decode(b)`,
    answers: FAILED,
  },
  {
    id: 'W20',
    title: 'URLs of megabytes for ever',
    attack: `const u='http://a/'+'%2e/'.repeat(3e5); for(;;)new URL(u).searchParams.toString()`,
    answers: FAILED,
  },
  {
    id: 'W21',
    title: '300,000 requests to where it may not',
    attack: `const all=await Promise.allSettled(Array.from({length:3e5},()=>fetch('http://127.0.0.1:PORT/'))); return [...new Set(all.map(({status})=>status))].join()`,
    answers: ANY,
    says: /^rejected$/,
  },
  {
    id: 'W22',
    title: '100,000 pairs of sockets that talk to themselves',
    attack: `const k=[]; for(let i=0;i<1e5;i++){const p=new WebSocketPair();p[1].accept();p[0].accept();p[1].send('x'.repeat(1000));k.push(p)} return k.length`,
    answers: ANY,
  },
  {
    id: 'W23',
    title: 'socket pair that echoes for ever',
    attack: `const p=new WebSocketPair(); for(const s of [p[0],p[1]]){s.accept();s.addEventListener('message',({data})=>s.send(data))} p[0].send('x'); await new Promise(()=>{})`,
    answers: ENDED,
  },
  {
    id: 'W24',
    title: 'data: address of 40 MB, again and again',
    attack: `const u='data:,'+'x'.repeat(4e7); for(;;)await (await fetch(u)).arrayBuffer()`,
    answers: FAILED,
  },
  {
    id: 'W25',
    title: 'digest of a stream without end, after the answer',
    attack: `const big=new Uint8Array(1e6);
      sleep(10).then(()=>new ReadableStream({pull(c){c.enqueue(big)}}).pipeTo(new crypto.DigestStream('SHA-512'))); return 1`,
    answers: [200],
    isReplaced: true,
    drive: untilReplaced,
  },
  {
    id: 'W26',
    title: 'zstd without end after the answer',
    attack: `const big=new Uint8Array(1e6).map(()=>Math.random()*256);
      new ReadableStream({pull(c){c.enqueue(big)}}).pipeThrough(new CompressionStream('zstd')).pipeTo(new WritableStream()); return 1`,
    answers: [200],
    isReplaced: true,
    drive: untilReplaced,
  },
]
