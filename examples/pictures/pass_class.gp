# What the network says of every student, before and after training.
eval start(800, 360)
eval probability_palette
set multiplot layout 1,2
set xrange [0:8]
set yrange [0:12]
set xlabel "lectures attended"
set ylabel "hours on the final project"
set cblabel "probability of passing" textcolor rgb dark
set key off
do for [name in "before after"] {
    set title name eq "before" ? "Before training" : "After training"
    set label 1 "(4, 5)" at 4.2,5.3 left front textcolor rgb dark
    plot file(name . ".dat") with image, \
         file("students.dat") using 1:($3 == 0 ? $2 : NaN) with points pt 7 ps 0.3 lc rgb red, \
         "" using 1:($3 == 1 ? $2 : NaN) with points pt 7 ps 0.3 lc rgb green, \
         "+" using (4):(5) every ::0::0 with points pt 7 ps 0.9 lc rgb dark
}
unset multiplot
