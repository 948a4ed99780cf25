cd /work/main; export PATH=/work/main/node_modules/.bin:$PATH
mkfifo /tmp/zzin 2>/dev/null
node test/bench/zz/server.ts < <(sleep 80) > /tmp/zz-out & S=$!
for i in $(seq 50); do sleep 0.1; grep -q port /tmp/zz-out && break; done
P=$(sed 's/[^0-9]//g' /tmp/zz-out)
for k in mssql noStore ours mssql noStore ours $@; do timeout 30 node test/bench/zz/client.ts $P $k; done
kill $S
