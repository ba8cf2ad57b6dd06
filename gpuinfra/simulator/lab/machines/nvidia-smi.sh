#!/bin/sh
# A FAKE nvidia-smi of the gpuinfra simulator: there is no GPU here. It answers from files in /run/fake-gpu:
# count, name, memory_mib, driver; and load (percent) and apps (lines "pid, name, MiB"), which a test may write.
# A test makes a fault by a file NAME.fault, which has the last word and outlasts a reboot: count.fault (k of n),
# name.fault, memory_mib.fault; lost.fault (a number: this GPU does not answer), words.fault (all that is said).
cd "${FAKE_GPU:-/run/fake-gpu}" || exit 1
value() { cat "$1.fault" 2>/dev/null || cat "$1" 2>/dev/null || echo "$2"; }
count=$(value count 0)
name=$(value name GPU)
driver=$(value driver 570.133.20)
memory=$(value memory_mib 0)
load=$(value load 0)
unit=1 header=1 fields='' apps=''

if [ -e words.fault ]; then
  cat words.fault
  exit 18
fi
if [ "$count" = 0 ]; then
  echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver." \
    "Make sure that the latest NVIDIA driver is installed and running."
  exit 9
fi

uuid() { printf 'GPU-00000000-0000-0000-0000-%012d' "$1"; }

measure() { # measure NUMBER UNIT
  if [ $unit = 1 ]; then printf '%s %s' "$1" "$2"; else printf %s "$1"; fi
}

field() { # field NAME CARD
  case $1 in
    name | gpu_name) printf %s "$name" ;;
    index) printf %s "$2" ;;
    count) printf %s "$count" ;;
    uuid | gpu_uuid) uuid "$2" ;;
    driver_version) printf %s "$driver" ;;
    utilization.gpu | utilization.memory) measure "$load" % ;;
    memory.total) measure "$memory" MiB ;;
    memory.used) measure $((memory * load / 100)) MiB ;;
    memory.free) measure $((memory - memory * load / 100)) MiB ;;
    temperature.gpu) printf %s $((30 + load / 2)) ;;
    power.draw) measure $((15 + load / 2)).00 W ;;
    *) echo "Field \"$1\" is not a valid field to query."; exit 2 ;;
  esac
}

query() {
  [ $header = 0 ] || echo "$fields" | sed 's/,/, /g'
  card=0
  while [ $card -lt "$count" ]; do
    # as the real one does, which then ends with 0
    if [ "$card" = "$(value lost '')" ]; then
      echo "Unable to determine the device handle for GPU$card: 0000:00:1e.0: Unknown Error"
      card=$((card + 1))
      continue
    fi
    line=''
    for one in $(echo "$fields" | tr , ' '); do
      got=$(field "$one" $card) || { echo "$got"; exit 2; }
      line="$line${line:+, }$got"
    done
    echo "$line"
    card=$((card + 1))
  done
}

for argument; do
  case $argument in
    -L | --list-gpus) fields=list ;;
    --query-gpu=*) fields=${argument#*=} ;;
    --query-compute-apps=*) apps=1 ;;
    --format=*)
      case $argument in *noheader*) header=0 ;; esac
      case $argument in *nounits*) unit=0 ;; esac
      ;;
  esac
done

if [ -n "$apps" ]; then
  value apps ''
elif [ "$fields" = list ]; then
  card=0
  while [ $card -lt "$count" ]; do
    echo "GPU $card: $name (UUID: $(uuid $card))"
    card=$((card + 1))
  done
elif [ -n "$fields" ]; then
  query
else
  echo "| NVIDIA-SMI (fake, gpuinfra simulator)   Driver Version: $driver   CUDA Version: 12.8 |"
  fields=index,name,utilization.gpu,memory.used,memory.total
  query
fi
