// Attacks on what the host does for a plugin: its log, timers, calls, errors and bodies.

import { type AttackCase, untilReplaced } from '../attack-case.ts'
import { ANY, ENDED, FAILED } from './outcomes.ts'

const KV = { permissions: { kv: true } }

export const HOST_CASES: readonly AttackCase[] = [
  {
    id: 'R28',
    title: '300,000 log lines',
    attack: 'for(let i=0;i<3e5;i++)log("x".repeat(1000)+i); return 1;',
    answers: ANY,
  },
  { id: 'R29', title: 'a log line of 200 MB', attack: 'log("x".repeat(2e8)); return 1;', answers: ANY },
  {
    id: 'R29b',
    title: 'host call with an argument of 200 MB',
    attack:
      'const s="x".repeat(2e8); const e=await env.kv.put("k",s).catch(e=>e); return e.name+": "+e.message;',
    manifest: KV,
    answers: ANY,
    says: /RangeError|TypeError|HostError/,
  },
  {
    id: 'R30',
    title: '200,000 timers',
    attack:
      'let n=0; try{for(let i=0;i<2e5;i++){setTimeout(()=>{},i%10);n++}}catch(e){return n+" "+e.name} return n;',
    answers: [200],
    // As many as `limits.maxTimers` says, here or in the soak run.
    says: /^10000? QuotaExceededError$/,
  },
  {
    id: 'R36',
    title: 'thrown error of 100 MB',
    attack: 'throw new Error("x".repeat(1e8));',
    answers: FAILED,
  },
  { id: 'R38', title: 'thrown symbol', attack: 'throw Symbol("x");', answers: [500] },
  { id: '32', title: 'thrown null', attack: 'throw null;', answers: [500] },
  {
    id: 'R39',
    title: '100,000 unhandled rejections',
    attack: 'for(let i=0;i<1e5;i++)Promise.reject(new Error("r"+i)); return 1;',
    answers: ANY,
  },
  {
    id: 'R40',
    title: 'rejection after the answer',
    attack: 'sleep(50).then(()=>{throw new Error("late")}); return 1;',
    answers: [200],
  },
  { id: 'R44', title: 'cyclic answer', attack: 'const a={};a.a=a;return Response.json(a);', answers: [500] },
  {
    id: 'R46',
    title: 'answer of depth 100,000',
    attack: 'let o={};let p=o;for(let i=0;i<1e5;i++){p=p.a={};} return Response.json(o);',
    answers: ANY,
  },
  {
    id: 'R53',
    title: 'answer of a million objects',
    attack: 'return Response.json(Array.from({length:1e6},(_, i)=>({i,s:"v"+i})));',
    answers: [0, ...ANY],
  },
  {
    id: 'R56',
    title: '300,000 promises of timers',
    attack: 'const k=[]; for(let i=0;i<3e5;i++)k.push(sleep(3600000)); await Promise.all(k);',
    answers: FAILED,
  },
  {
    id: 'R56b',
    title: '300,000 host calls at once',
    attack: 'const k=[]; for(let i=0;i<3e5;i++)k.push(env.kv.get("k"+i)); await Promise.all(k); return 1;',
    manifest: KV,
    answers: FAILED,
  },
  {
    id: 'R61',
    title: 'shrunk view as an argument',
    attack:
      'const b=new ArrayBuffer(8,{maxByteLength:16});const v=new Uint8Array(b,4,4);b.resize(2);console.log(v);await env.kv.put("v",v).catch(()=>{});return 1;',
    manifest: KV,
    answers: ANY,
  },
  {
    id: 'R65',
    title: 'error whose name is a symbol',
    attack: 'const e=new Error("x"); e.name=Symbol(); throw e;',
    answers: [500],
  },
  {
    id: 'R67',
    title: 'error that is its own cause',
    attack: 'const e=new AggregateError(Array.from({length:1e5},(_, i)=>new Error(i))); e.cause=e; throw e;',
    answers: FAILED,
  },
  {
    id: 'R68',
    title: 'detached buffer as the answer',
    attack: 'const b=new ArrayBuffer(8);const v=new Uint8Array(b);b.transfer();return new Response(v);',
    answers: ANY,
  },
  {
    id: 'R69',
    title: 'growable shared buffer as the answer',
    attack:
      'const b=new SharedArrayBuffer(8,{maxByteLength:1<<20});const v=new Uint8Array(b);b.grow(1<<20);return new Response(v);',
    answers: [500],
    note: 'there is no SharedArrayBuffer',
  },
  {
    id: 'R72',
    title: 'buffer of WebAssembly that grows',
    attack:
      'const m=new WebAssembly.Memory({initial:1,maximum:100});const v=new Uint8Array(m.buffer);m.grow(10);return new Response(v);',
    answers: [500],
    note: 'there is no WebAssembly',
  },
  {
    id: 'R74',
    title: 'rejection of 256 MB',
    attack: 'await Promise.reject(new Error("x".repeat(2**28)));',
    answers: FAILED,
  },
  {
    id: '46',
    title: 'PBKDF2 of 1e9 iterations, eight times',
    attack: `const key=await crypto.subtle.importKey("raw",new Uint8Array(8),"PBKDF2",false,["deriveBits"]);
      const all=await Promise.allSettled(Array.from({length:8},()=>crypto.subtle.deriveBits({name:"PBKDF2",hash:"SHA-512",salt:new Uint8Array(8),iterations:1e9},key,256)));
      return all.map(one=>one.reason?.name??"done").join()`,
    answers: ANY,
    says: /^(?:QuotaExceededError,?){8}$/,
  },
  {
    id: '46b',
    title: 'PBKDF2 as long as it is allowed, again and again after the answer',
    attack: `const key=await crypto.subtle.importKey("raw",new Uint8Array(8),"PBKDF2",false,["deriveBits"]);
      const again=()=>crypto.subtle.deriveBits({name:"PBKDF2",hash:"SHA-512",salt:new Uint8Array(8),iterations:100000},key,256).then(again,again);
      for(let i=0;i<8;i++)again(); return 1`,
    answers: [200],
    isReplaced: true,
    drive: untilReplaced,
  },
  {
    id: '47',
    title: '100,000 headers',
    attack:
      'const h=new Headers(); for(let i=0;i<1e5;i++)h.append("x-"+i,"v"); return new Response("x",{headers:h});',
    answers: FAILED,
  },
  {
    id: '47b',
    title: 'a million query parameters',
    attack:
      'const p=new URLSearchParams(); for(let i=0;i<1e6;i++)p.append("k"+i,"v"); return p.toString().length;',
    answers: ANY,
  },
  {
    id: '47c',
    title: 'URLPattern that backtracks',
    attack: 'return new URLPattern({pathname:"/((?:a+)+)!"}).test({pathname:"/"+"a".repeat(40)});',
    answers: ANY,
  },
  {
    id: '47d',
    title: 'form of 100,000 parts',
    attack: `const b="--x\\r\\ncontent-disposition: form-data; name=a\\r\\n\\r\\nv\\r\\n".repeat(1e5)+"--x--\\r\\n";
      const f=await new Response(b,{headers:{"content-type":"multipart/form-data; boundary=x"}}).formData(); return [...f].length`,
    answers: ANY,
  },
  {
    id: '48',
    title: 'a million keys',
    attack:
      'let n=0; try{for(;n<1e6;n++)await env.kv.put("k"+n,"x".repeat(10000))}catch(e){return n+" "+e.code}',
    manifest: KV,
    answers: [200, ...ENDED],
    says: / QUOTA_EXCEEDED$/,
  },
  {
    id: '48b',
    title: 'a value of 64 MB, a key of 10 kB',
    attack: `const e=await env.kv.put("k","x".repeat(64e6)).catch(e=>e); const f=await env.kv.put("k".repeat(10000),"x").catch(e=>e);
      return (e instanceof Error)+" "+(f instanceof Error)`,
    manifest: KV,
    answers: ANY,
    says: /^true true$/,
  },
  {
    id: '48c',
    title: 'a database that grows without end',
    attack: `await env.db.prepare("CREATE TABLE IF NOT EXISTS t (x)").run().catch(()=>{});
      try{for(;;)await env.db.prepare("INSERT INTO t VALUES (zeroblob(500000))").run()}catch(e){return e.code}`,
    manifest: { permissions: { database: true } },
    answers: [200, ...ENDED],
    says: /^(QUOTA_EXCEEDED|DATABASE_ERROR)$/,
  },
  {
    id: '70',
    title: 'log lines that forge others',
    attack: `console.log("\\x1b[2J\\r\\n{\\"level\\":50,\\"msg\\":\\"forged\\"}"); console.log("\\ud800"); const c={};c.c=c;console.log(c);
      console.log(...Array(1e5).fill("x")); console.log({get x(){throw new Error("getter")}}); return 1`,
    answers: [200],
  },
]
