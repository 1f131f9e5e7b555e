# Seven paths down a ravine and off a saddle, and seven losses on handwritten digits.
eval start(1180, 360)
set multiplot layout 1,3
set palette defined (0 "#ffffff", 1 "#c3cdd8") maxcolors 24
unset colorbox
set isosamples 60, 60
set samples 60, 60
set key off
set xlabel "w_1"
set ylabel "w_2"
set title "Ravine: J = w_1^2/40 + w_2^2"
set xrange [-11:4]
set yrange [-3:3]
set urange [-11:4]
set vrange [-3:3]
set cbrange [0:3]
plot "++" using 1:2:(sqrt($1**2 / 40 + $2**2)) with image, \
     for [k = 0:6] file("ravine.dat") index k using 1:2 with lines ls (k + 1) lw 1.3
set title "Saddle: J = w_1^2 – w_2^2 + w_2^4/4"
set xrange [-2.5:1.5]
set yrange [-0.6:2.2]
set urange [-2.5:1.5]
set vrange [-0.6:2.2]
set cbrange [-1:6]
plot "++" using 1:2:($1**2 - $2**2 + $2**4 / 4) with image, \
     for [k = 0:6] file("saddle.dat") index k using 1:2 with lines ls (k + 1) lw 1.3
set title "Digits"
set key top right
set xlabel "epoch"
set ylabel "training loss"
set grid lc rgb "#dddddd" lt 1
set logscale y
set xrange [1:15]
set yrange [0.05:9]
plot for [k = 0:6] file("losses.dat") index k using 1:2 with lines ls (k + 1) title columnheader(1)
unset multiplot
