export const id=492;export const ids=[492];export const modules={7840:(e,t,n)=>{n.d(t,{$:()=>a,a:()=>o});var r=n(112);let a=process.env.DATABASE_URL||"./humanloop.db";async function o(e,t){let n=await (0,r.C)(e);try{return await t(n)}finally{await n.close()}}},9207:(e,t,n)=>{n.d(t,{JI:()=>i,Qq:()=>a,lR:()=>o});var r=n(7975);let a={type:"string"};function o(e,t,n){let a=(0,r.parseArgs)({args:e,options:t,allowPositionals:!0});if(a.positionals.length!==n.length)throw Error(`Expected ${n.join(" ")||"options only"}, but got: ${a.positionals.join(" ")||"nothing"}.`);return a}function i(e,t,{min:n,max:r}){let a=Number(t);if(/^\d+$/.test(t)&&n<=a&&a<=r)return a;throw Error(`--${e} is '${t}': it takes a whole number from ${n} to ${r}.`)}},7227:(e,t,n)=>{n.d(t,{Gq:()=>i,hD:()=>r,hj:()=>o,mX:()=>a});class r extends Error{status;detail;constructor(e,t){super("string"==typeof t?t:t.map(({loc:e,msg:t})=>`${e.join(".")}: ${t}`).join("; ")),this.name="ApiError",this.status=e,this.detail=t}}function a(e,t){return new r(404,`${e} '${t}' is not on this server. Check the id or path, and the database it was made in.`)}function o(e){return new r(409,e)}function i(e,t){return new r(422,[{loc:e,msg:t,type:"value_error"}])}},3607:(e,t,n)=>{n.d(t,{II:()=>o,fy:()=>a,tG:()=>i});let r=(e,t,n)=>({arguments_type:t,return_type:e,evaluator_type:"python",attributes:null,options:null,number_limits:null,number_valence:"number"===e?"negative":null,code:n,prompt:null,instructions:null}),a=[{path:"Example Evaluators/Code/Exact match",description:"Whether the output is exactly the text of the target.",spec:r("boolean","target_required",'# Built into the server: output == target["output"]'),judge:e=>l(e,(e,t)=>({judgment:e===t,error:null}))},{path:"Example Evaluators/Code/Levenshtein distance",description:"How many characters must be added, removed or replaced to make the target of the output.",spec:r("number","target_required",'# Built into the server: distance(output, target["output"])'),judge:e=>l(e,c)},{path:"Example Evaluators/Code/Latency",description:"How long the Log took, in seconds.",spec:r("number","target_free","# Built into the server: provider_latency, or end_time - start_time"),judge:s}];function o(e,t){return a.find(t=>t.path===e)?.judge(t)}function i(e){return a.some(t=>t.path===e)}function l({output:e,error:t,target:n},r){let a=n?.output;return void 0===a?{judgment:null,error:'The datapoint has no target with the name "output".'}:null===e?{judgment:null,error:t??"The Log has no output."}:r(e,"string"==typeof a?a:JSON.stringify(a))}function s({provider_latency:e,start_time:t,end_time:n}){return null!==e?{judgment:e,error:null}:null===t||null===n?{judgment:null,error:"The Log has no provider_latency, nor both a start_time and an end_time."}:{judgment:(Date.parse(n)-Date.parse(t))/1e3,error:null}}let u=4e3;function c(e,t){if(Math.max(e.length,t.length)>u)return{judgment:null,error:`The output or the target is longer than ${u} characters.`};let n=Array.from({length:t.length+1},(e,t)=>t);for(let r=1;r<=e.length;r+=1){let a=[r];for(let o=1;o<=t.length;o+=1){let i=(n[o-1]??0)+ +(e[r-1]!==t[o-1]);a.push(Math.min(i,(n[o]??0)+1,(a[o-1]??0)+1))}n=a}return{judgment:n[t.length]??0,error:null}}},1388:(e,t,n)=>{n.d(t,{f:()=>a,t:()=>o});var r=n(7598);function a(e,t){return`${e}_${o(i(t))}`}function o(e){return r.hash("sha256",e,"base64url").slice(0,22)}function i(e){return JSON.stringify(e,(e,t)=>"object"!=typeof t||null===t||Array.isArray(t)?t:Object.fromEntries(Object.entries(t).sort(([e],[t])=>e<t?-1:1)))}},719:(e,t,n)=>{n.d(t,{A4:()=>c,iT:()=>s,yj:()=>d});var r=n(2735),a=n(22),o=n(7810),i=n(4596),l=n(4677);function s(e,t){return new r._$({dialect:u(e,t),plugins:[new a.H({strategy:o.D})]})}function u(e,{read:t,write:n}){return{createAdapter:()=>e.createAdapter(),createIntrospector:t=>e.createIntrospector(t),createQueryCompiler:()=>e.createQueryCompiler(),createDriver(){let r=e.createDriver();return r.beginTransaction=async(e,{accessMode:a})=>{try{await e.executeQuery(i.E.raw("read only"===a?t:n))}catch(t){throw await r.rollbackTransaction(e).catch(()=>{}),t}},r}}}function c(e){return e.getExecutor().adapter instanceof l.j}function d(e){return c(e)?"json_agg":"json_group_array"}},7804:(e,t,n)=>{n.d(t,{M:()=>d,_:()=>c});var r=n(7598),a=n(189),o=n(2080),i=n(719),l=n(3607),s=n(1388);let u={"001-api":{up:g},"002-example-evaluators":{up:async function(e){let t="2025-01-01T00:00:00.000Z";for(let{path:n,description:r,spec:a}of l.fy){let o=(0,s.f)("ev",["evaluator",n]),i=(0,s.f)("evv",[o,{spec:a}]);await e.insertInto("files").values({id:o,type:"evaluator",path:n,description:r,default_version_id:i,latest_version_id:i,created_at:t,updated_at:t}).execute(),await e.insertInto("versions").values({id:i,file_id:o,identity:i,content:JSON.stringify({spec:a}),logs_count:0,created_at:t}).execute()}}},"003-pages":{up:_}};async function c(e){let t=new o.aR({db:e,provider:{getMigrations:async()=>u}}),{error:n}=await t.migrateToLatest();if(void 0!==n)throw await p(e).catch(()=>!1)?Error("A newer version of this server has written the database. Use that version, or restore a backup."):n}async function d({db:e}){let t=await f(e);return t.length===Object.keys(u).length&&t.every(e=>e in u)}async function p(e){return(await f(e)).some(e=>!(e in u))}async function f(e){let{rows:t}=await (0,a.l)`select name from kysely_migration`.execute(e);return t.map(({name:e})=>e)}let h=[`create table keys (
    id text primary key,
    name text not null,
    hash text not null unique,
    scopes text not null,
    created_at text not null,
    revoked_at text
  )`,`create table files (
    id text primary key,
    type text not null,
    path text not null unique,
    description text,
    readme text,
    tags text,
    default_version_id text not null,
    latest_version_id text not null,
    created_at text not null,
    updated_at text not null,
    created_by text
  )`,`create table versions (
    id text primary key,
    file_id text not null references files,
    identity text not null,
    content text not null,
    name text,
    description text,
    logs_count integer not null,
    created_at text not null,
    created_by text,
    unique (file_id, identity),
    unique (file_id, name)
  )`,`create table datapoints (
    id text primary key,
    dataset_id text not null references files,
    identity text not null,
    content text not null,
    unique (dataset_id, identity)
  )`,`create table dataset_datapoints (
    version_id text not null references versions,
    position integer not null,
    datapoint_id text not null references datapoints,
    primary key (version_id, position),
    unique (version_id, datapoint_id)
  )`,`create table evaluations (
    id text primary key,
    file_id text references files,
    name text,
    created_at text not null,
    updated_at text not null,
    created_by text,
    unique (file_id, name)
  )`,`create table evaluation_evaluators (
    evaluation_id text not null references evaluations,
    evaluator_id text not null references files,
    version_id text not null references versions,
    position integer not null,
    orchestrated integer not null,
    added_at text not null,
    primary key (evaluation_id, evaluator_id)
  )`,`create table runs (
    id text primary key,
    evaluation_id text not null references evaluations,
    dataset_version_id text references versions,
    version_id text references versions,
    orchestrated integer not null,
    status text not null,
    control integer not null,
    datapoints_count integer,
    logs_count integer not null,
    active_at text not null,
    revision integer not null default 0,
    imported_stats text,
    created_at text not null,
    created_by text
  )`,"create index runs_evaluation on runs (evaluation_id, created_at, id)",`create table logs (
    id text primary key,
    file_id text not null references files,
    version_id text not null references versions,
    run_id text references runs,
    position integer,
    datapoint_id text references datapoints,
    status text not null,
    content text not null,
    fingerprint text not null,
    created_at text not null,
    unique (run_id, position)
  )`,"create index logs_datapoint on logs (run_id, datapoint_id, status)","create index logs_file on logs (file_id, created_at, id)",`create table judgments (
    id text primary key,
    log_id text not null references logs,
    run_id text references runs,
    evaluator_id text not null references files,
    version_id text not null references versions,
    judge text,
    outcome text not null,
    score double precision,
    content text not null,
    fingerprint text not null,
    created_at text not null
  )`,"create index judgments_log on judgments (log_id, evaluator_id, id)","create index judgments_outcome on judgments (run_id, evaluator_id, outcome, score)"];async function g(e){await m(e,h)}async function m(e,t){let n=(0,i.A4)(e)?'text collate "C"':"text";for(let r of t)await a.l.raw(r.replace(/\btext\b/g,n)).execute(e)}let x=["create table settings (name text primary key, value text not null)","drop index judgments_outcome","create index judgments_outcome on judgments (run_id, evaluator_id, outcome, score, log_id)","drop index logs_datapoint","create index logs_datapoint on logs (run_id, datapoint_id, status, id)","create index judgments_judge on judgments (judge, run_id, evaluator_id, created_at, log_id) where judge is not null"];async function _(e){await m(e,x);let t=(0,r.randomBytes)(32).toString("base64url");await e.insertInto("settings").values({name:"page secret",value:t}).execute()}},112:(e,t,n)=>{n.d(t,{P:()=>q,C:()=>E});var r=n(189),a=n(9970),o=n(4755),i=n(719);async function l(e){let t=s(e),n=(0,i.iT)(new u({database:d(t)}),{read:"begin",write:"begin immediate"});return{db:n,isUnavailable:g,async backup(e){await (0,r.l)`vacuum into ${e}`.execute(n)},async close(){await (0,r.l)`pragma wal_checkpoint(truncate)`.execute(n),await n.destroy()}}}function s(e){let t,n=process.getBuiltinModule?.("node:sqlite");if(void 0===n)throw Error(`The server needs Node 24, which has SQLite inside. This is Node ${process.versions.node}.`);try{return(t=new n.DatabaseSync(e,{timeout:5e3})).exec("pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -8000"),t}catch(r){t?.close();let n=r instanceof Error?r.message:String(r);throw Error(`The database ${e} cannot be opened: ${n}. Check that its folder exists and may be written to.`)}}class u extends a.P{createAdapter(){return new c}}class c extends o.U{get supportsTransactionalDdl(){return!0}}function d(e){let t=new Map;return{close:()=>e.close(),prepare(n){let r=t.get(n);if(void 0!==r)return r;t.size>=500&&t.clear();let a=p(e.prepare(n));return t.set(n,a),a}}}function p(e){return{reader:e.columns().length>0,all:t=>e.all(...t.map(f)),run:t=>e.run(...t.map(f)),iterate:t=>e.iterate(...t.map(f))}}function f(e){if(null===e||"string"==typeof e||"number"==typeof e)return e;if("boolean"==typeof e)return Number(e);throw TypeError(`A ${typeof e} is no value of a column.`)}let h=new Set([5,8,10,13]);function g(e){let t="object"==typeof e&&null!==e&&"errcode"in e?Number(e.errcode):0;return h.has(255&t)}var m=n(7598),x=n(7804),_=n(7227);let y=250;function v(e,t){let n=[],r=Promise.resolve(),a=!1;async function o(n,r){let a=await e.db.startTransaction().execute();try{let e=new Map;for(let{run:t}of n){let n=await a.savepoint("request").execute(),{error:r}=await t(n,e);void 0===r?await n.releaseSavepoint("request").execute():await i(n,r)}for(let n of e.values())await n(t(a,(t,n)=>e.set(t,n)));r(),await a.commit().execute()}catch(e){throw await a.rollback().execute().catch(()=>{}),e}}async function i(t,n){await t.rollbackToSavepoint("request").execute().catch(t=>{throw e.isUnavailable(n)?n:t})}async function l(){for(let e=0;e<n.length&&n.length<y;)e=n.length,await new Promise(setImmediate)}async function s(){for(;n.length>0;){await l();let e=n.splice(0,y),t=w;try{for(let n of(await o(e,()=>{t=b}),e))n.settle()}catch(n){for(let r of(console.error(`The database could not be written: ${n instanceof Error?n.message:n}`),e))r.reject(new _.hD(503,t))}await new Promise(setImmediate)}}function u(){a||(a=!0,setImmediate(()=>{r=s().finally(()=>{a=!1,n.length>0&&u()})}))}return{write:r=>new Promise((a,o)=>{let i=()=>{};n.push({async run(n,l){try{let e=new Map,o=await r(t(n,(t,n)=>e.set(t,n)));for(let[t,n]of e)l.set(t,n);return i=()=>a(o),{}}catch(t){return i=()=>o(j(e,t)),{error:t}}},settle:()=>i(),reject:o}),u()}),async idle(){for(;a;)await new Promise(setImmediate),await r}}}let w="The server cannot use its database at the moment, and nothing of this request was kept. Repeat it later; check that the database is up, and the free space on its disk.",b="The database did not confirm what this request wrote, so that it may have been kept or not. Send it again: the same Log and the same judgment are kept once.";function j({isUnavailable:e},t){return e(t)?new _.hD(503,w):t}async function k(e,t={}){let{clock:n=()=>new Date,random:r=()=>(0,m.randomBytes)(4).toString("hex")}=t,{db:a}=e;try{await (0,x._)(a)}catch(t){throw await e.close(),t}let o=$(n,r),i=(e,t)=>({db:e,now:n().toISOString(),newId:o,later:t}),{write:l,idle:s}=v(e,i),u=()=>{throw Error("What only reads leaves nothing to be done.")};return{read:t=>a.transaction().setAccessMode("read only").execute(e=>t(i(e,u))).catch(t=>{throw j(e,t)}),write:l,backup:e.backup,async close(){await s(),await e.close()}}}function $(e,t){let n=0;return r=>(n=Math.max(n+1,1e3*e().getTime()),`${r}_${n.toString(36).padStart(10,"0")}${t()}`)}async function E(e,t){return k(await T(e),t)}async function T(e){if(!q(e))return l(e);let{openPostgres:t}=await Promise.all([n.e(741),n.e(857)]).then(n.bind(n,857));return t(e)}function q(e){return/^postgres(ql)?:\/\//.test(e)}}};